//! Attributes on top of each other, in every order, record exactly what each alone would.

use instrumetrics::{counted, job_metric, snapshot, timed};
use tracing::instrument;

/// A function under each order of three attributes, with a name of its own, called with and without success.
macro_rules! stacks {
    ($($module:ident $namespace:literal: $($attribute:ident)*;)*) => {$(
        mod $module {
            use super::*;

            stacks!(@sync $namespace [] $($attribute)*);
            stacks!(@async $namespace [] $($attribute)*);

            #[tokio::test]
            async fn records_what_each_alone_would() {
                assert_eq!(work(Ok(1)), Ok(1));
                assert_eq!(work(Err("no")), Err("no"));
                assert_eq!(wait(Ok(2)).await, Ok(2));
                assert_eq!(wait(Err("no")).await, Err("no"));
                drop(wait(Ok(3)));
                super::recorded($namespace, &[$(stringify!($attribute)),*]);
            }
        }
    )*};
    (@sync $namespace:literal [$($done:tt)*] timed $($rest:ident)*) => {
        stacks!(@sync $namespace [$($done)* #[timed("work_seconds", outcome, in_flight, namespace = $namespace)]] $($rest)*);
    };
    (@sync $namespace:literal [$($done:tt)*] counted $($rest:ident)*) => {
        stacks!(@sync $namespace [$($done)* #[counted("work_total", outcome, namespace = $namespace)]] $($rest)*);
    };
    (@sync $namespace:literal [$($done:tt)*] job $($rest:ident)*) => {
        stacks!(@sync $namespace [$($done)* #[job_metric(namespace = $namespace)]] $($rest)*);
    };
    (@sync $namespace:literal [$($done:tt)*] trace $($rest:ident)*) => {
        stacks!(@sync $namespace [$($done)* #[instrument]] $($rest)*);
    };
    (@sync $namespace:literal [$($done:tt)*]) => {
        $($done)*
        fn work(result: Result<u8, &'static str>) -> Result<u8, &'static str> {
            let value = result?;
            Ok(value)
        }
    };
    (@async $namespace:literal [$($done:tt)*] timed $($rest:ident)*) => {
        stacks!(@async $namespace [$($done)* #[timed("wait_seconds", outcome, in_flight, namespace = $namespace)]] $($rest)*);
    };
    (@async $namespace:literal [$($done:tt)*] counted $($rest:ident)*) => {
        stacks!(@async $namespace [$($done)* #[counted("wait_total", outcome, namespace = $namespace)]] $($rest)*);
    };
    (@async $namespace:literal [$($done:tt)*] job $($rest:ident)*) => {
        stacks!(@async $namespace [$($done)* #[job_metric(namespace = $namespace)]] $($rest)*);
    };
    (@async $namespace:literal [$($done:tt)*] trace $($rest:ident)*) => {
        stacks!(@async $namespace [$($done)* #[instrument]] $($rest)*);
    };
    (@async $namespace:literal [$($done:tt)*]) => {
        $($done)*
        async fn wait(result: Result<u8, &'static str>) -> Result<u8, &'static str> {
            tokio::task::yield_now().await;
            let value = result?;
            Ok(value)
        }
    };
}

/// One success and one error of each function.
fn recorded(namespace: &str, attributes: &[&str]) {
    let snapshot = snapshot();
    for function in ["work", "wait"] {
        for outcome in ["success", "error", "cancelled", "panicked"] {
            let expected = u8::from(["success", "error"].contains(&outcome));
            let labels = [("outcome", outcome)];
            if attributes.contains(&"timed") {
                let name = format!("{namespace}_{function}_seconds");
                let histogram = snapshot.histogram(&name, &labels).unwrap();
                assert_eq!(histogram.count(), u64::from(expected), "{name} {outcome}");
                let name = format!("{namespace}_{function}_in_flight");
                assert_eq!(snapshot.gauge(&name, &[]), Some(0.0));
            }
            if attributes.contains(&"counted") {
                let name = format!("{namespace}_{function}_total");
                let count = snapshot.counter(&name, &labels);
                assert_eq!(count, Some(f64::from(expected)), "{name} {outcome}");
            }
            if attributes.contains(&"job") {
                let name = format!("{namespace}_jobs_completed_total");
                let count = snapshot.counter(&name, &[("status", outcome)]);
                // Both functions are jobs of one set.
                assert_eq!(count, Some(f64::from(2 * expected)), "{name} {outcome}");
                let name = format!("{namespace}_jobs_processing");
                assert_eq!(snapshot.gauge(&name, &[]), Some(0.0));
            }
        }
    }
}

stacks! {
    timed_counted "stack_tc": timed counted;
    counted_timed "stack_ct": counted timed;
    timed_job "stack_tj": timed job;
    job_timed "stack_jt": job timed;
    counted_job "stack_cj": counted job;
    job_counted "stack_jc": job counted;
    timed_counted_job "stack_tcj": timed counted job;
    timed_job_counted "stack_tjc": timed job counted;
    counted_timed_job "stack_ctj": counted timed job;
    counted_job_timed "stack_cjt": counted job timed;
    job_timed_counted "stack_jtc": job timed counted;
    job_counted_timed "stack_jct": job counted timed;
    trace_timed_job "stack_rtj": trace timed job;
    timed_trace_job "stack_trj": timed trace job;
    timed_job_trace "stack_tjr": timed job trace;
}

mod in_a_trait {
    use super::*;
    use async_trait::async_trait;

    #[async_trait]
    trait Above {
        async fn above(&self, fail: bool) -> Result<u8, &'static str>;
    }

    struct Worker;

    // The trait's attribute runs first: ours sees a function that returns a boxed future.
    #[async_trait]
    impl Above for Worker {
        #[timed("above_seconds", outcome)]
        #[instrument(skip(self))]
        #[counted("above_total", outcome)]
        async fn above(&self, fail: bool) -> Result<u8, &'static str> {
            tokio::task::yield_now().await;
            if fail {
                return Err("as asked");
            }
            Ok(1)
        }
    }

    #[async_trait]
    trait Defaulted {
        #[counted("defaulted_total", outcome)]
        async fn defaulted(&self, fail: bool) -> Result<u8, &'static str> {
            if fail { Err("as asked") } else { Ok(1) }
        }
    }

    impl Defaulted for Worker {}

    #[tokio::test]
    async fn async_trait_keeps_its_outcomes() {
        Worker.above(false).await.unwrap();
        Worker.above(true).await.unwrap_err();
        Worker.defaulted(true).await.unwrap_err();
        drop(Worker.above(false));
        let snapshot = snapshot();
        let count = |name, outcome| snapshot.counter(name, &[("outcome", outcome)]).unwrap();
        assert!((count("above_total", "success") - 1.0).abs() < f64::EPSILON);
        assert!((count("above_total", "error") - 1.0).abs() < f64::EPSILON);
        assert!(count("above_total", "cancelled").abs() < f64::EPSILON);
        assert!((count("defaulted_total", "error") - 1.0).abs() < f64::EPSILON);
        let timed = snapshot
            .histogram("above_seconds", &[("outcome", "error")])
            .unwrap();
        assert_eq!(timed.count(), 1);
    }
}

mod in_a_test {
    use super::*;

    #[tokio::test]
    #[timed("test_above_seconds", outcome)]
    async fn the_test_above() -> Result<(), &'static str> {
        tokio::task::yield_now().await;
        Ok(())
    }

    #[timed("test_below_seconds", outcome)]
    #[tokio::test]
    async fn the_test_below() -> Result<(), &'static str> {
        tokio::task::yield_now().await;
        Ok(())
    }

    #[tokio::main(flavor = "current_thread")]
    #[counted("main_total", outcome)]
    async fn main_function() -> Result<(), &'static str> {
        Err("as asked")
    }

    #[test]
    fn a_main_function_is_measured_too() {
        main_function().unwrap_err();
        let errors = snapshot().counter("main_total", &[("outcome", "error")]);
        assert_eq!(errors, Some(1.0));
    }
}
