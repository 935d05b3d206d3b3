//! Where metrics by name can go.

use crate::export::NullExporter;
#[cfg(feature = "prometheus")]
use crate::export::PrometheusExporter;

/// An exporter of this library. It cannot be implemented elsewhere yet.
pub trait Exporter: sealed::Sealed {}

pub(super) mod sealed {
    use crate::registry::Registry;
    use std::sync::Arc;

    pub trait Sealed {
        /// Exposes these metrics too.
        #[doc(hidden)]
        #[expect(
            private_interfaces,
            reason = "sealed: nobody else implements or calls it"
        )]
        fn attach(&self, registry: &Arc<Registry>);

        /// This exporter, if it is the one for Prometheus.
        #[cfg(feature = "prometheus")]
        #[doc(hidden)]
        fn prometheus(&self) -> Option<crate::export::PrometheusExporter> {
            None
        }

        /// Whether it exports nothing.
        #[doc(hidden)]
        fn is_null(&self) -> bool;
    }
}

impl Exporter for NullExporter {}
impl sealed::Sealed for NullExporter {
    #[expect(
        private_interfaces,
        reason = "sealed: nobody else implements or calls it"
    )]
    fn attach(&self, _: &std::sync::Arc<crate::registry::Registry>) {}

    fn is_null(&self) -> bool {
        true
    }
}

#[cfg(feature = "prometheus")]
impl Exporter for PrometheusExporter {}
#[cfg(feature = "prometheus")]
impl sealed::Sealed for PrometheusExporter {
    #[expect(
        private_interfaces,
        reason = "sealed: nobody else implements or calls it"
    )]
    fn attach(&self, registry: &std::sync::Arc<crate::registry::Registry>) {
        Self::attach(self, registry);
    }

    fn prometheus(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn is_null(&self) -> bool {
        false
    }
}
