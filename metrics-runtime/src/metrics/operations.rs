//! The operations, written once for everything that has them: `Metrics` and objects of the trait, where no
//! trait needs to be in scope, and the extension trait for generic code. (The trait itself cannot have them: they
//! are generic, and an object would then have two of each.)

macro_rules! operations {
    ([$($visibility:tt)*]) => {
        /// Adds one to a counter.
        #[inline]
        $($visibility)* fn increment(&self, name: &str, labels: &[(&str, &str)]) -> Recorded {
            self.record(Operation::Increment {
                method: "increment",
                name,
                by: Some(1),
                real: 1.0,
                labels,
            })
        }

        /// Adds an amount to a counter; a negative or fractional one is refused.
        #[inline]
        $($visibility)* fn increment_by(
            &self,
            name: &str,
            by: impl Number,
            labels: &[(&str, &str)],
        ) -> Recorded {
            let (by, real) = both(by);
            self.record(Operation::Increment {
                method: "increment_by",
                name,
                by,
                real,
                labels,
            })
        }

        /// Sets a gauge.
        #[inline]
        $($visibility)* fn set_gauge(
            &self,
            name: &str,
            value: impl Number,
            labels: &[(&str, &str)],
        ) -> Recorded {
            self.record(Operation::SetGauge {
                name,
                value: value.real(),
                labels,
            })
        }

        /// Adds to a gauge.
        #[inline]
        $($visibility)* fn increment_gauge(
            &self,
            name: &str,
            by: impl Number,
            labels: &[(&str, &str)],
        ) -> Recorded {
            self.record(Operation::ShiftGauge {
                method: "increment_gauge",
                name,
                by: by.real(),
                labels,
            })
        }

        /// Takes away from a gauge.
        #[inline]
        $($visibility)* fn decrement_gauge(
            &self,
            name: &str,
            by: impl Number,
            labels: &[(&str, &str)],
        ) -> Recorded {
            self.record(Operation::ShiftGauge {
                method: "decrement_gauge",
                name,
                by: -by.real(),
                labels,
            })
        }

        /// Observes a value in a histogram, in the unit of its name.
        #[inline]
        $($visibility)* fn observe_histogram(
            &self,
            name: &str,
            value: impl Number,
            labels: &[(&str, &str)],
        ) -> Recorded {
            self.record(Operation::Observe {
                name,
                value: value.real(),
                labels,
            })
        }

        /// Records an answered request in `http_requests_total{method,endpoint,status}` and
        /// `http_request_duration_seconds{method,endpoint}`.
        ///
        /// The endpoint is the route's template, not the path that the client asked for.
        $($visibility)* fn record_http_request(
            &self,
            endpoint: &str,
            method: &str,
            status: impl LabelValue,
            seconds: impl Number,
        ) -> Recorded {
            let status = status.text();
            let labels = [("method", method), ("endpoint", endpoint), ("status", status.as_str())];
            let counted = self.increment("http_requests_total", &labels).into_inner();
            let [method, endpoint, _] = labels;
            let observed = self.observe_histogram(
                "http_request_duration_seconds",
                seconds,
                &[method, endpoint],
            );
            // Both take effect; the first error is the one returned.
            std::future::ready(counted.and(observed.into_inner()))
        }

        /// Counts an accepted job in `jobs_submitted_total{model,language}`.
        $($visibility)* fn record_job_submitted(&self, model: &str, language: &str) -> Recorded {
            self.increment(
                "jobs_submitted_total",
                &[("model", model), ("language", language)],
            )
        }

        /// Records an ended job in `jobs_completed_total{model,language,status}` and
        /// `job_duration_seconds{model,language}`.
        $($visibility)* fn record_job_completed(
            &self,
            model: &str,
            language: &str,
            duration: impl Number,
            status: impl LabelValue,
        ) -> Recorded {
            let status = status.text();
            let labels = [("model", model), ("language", language), ("status", status.as_str())];
            let counted = self.increment("jobs_completed_total", &labels).into_inner();
            let [model, language, _] = labels;
            let observed =
                self.observe_histogram("job_duration_seconds", duration, &[model, language]);
            // Both take effect; the first error is the one returned.
            std::future::ready(counted.and(observed.into_inner()))
        }

        /// Counts a job that was withdrawn before it ran: completed with the status `cancelled`, without a
        /// duration.
        $($visibility)* fn record_job_cancelled(&self, model: &str, language: &str) -> Recorded {
            let status = crate::outcome::Outcome::Cancelled.as_str();
            self.increment(
                "jobs_completed_total",
                &[("model", model), ("language", language), ("status", status)],
            )
        }

        /// Counts an error in `errors_total{category,error_type}`.
        $($visibility)* fn record_error(&self, category: &str, error_type: &str) -> Recorded {
            self.increment(
                "errors_total",
                &[("category", category), ("error_type", error_type)],
            )
        }

        /// Sets the gauge `queue_size`.
        $($visibility)* fn set_queue_size(&self, jobs: impl Number) -> Recorded {
            self.set_gauge("queue_size", jobs, &[])
        }

        /// Sets the gauge `jobs_processing`.
        $($visibility)* fn set_jobs_processing(&self, jobs: impl Number) -> Recorded {
            self.set_gauge("jobs_processing", jobs, &[])
        }
    };
}

pub(super) use operations;
