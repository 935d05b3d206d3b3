//! What stands for scopes where the feature `testing` is off: nothing at all.

/// Where a call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began;

impl Began {
    #[inline]
    pub(crate) const fn here() -> Self {
        Self
    }

    /// Runs something where the call began, which is here.
    #[inline]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with scopes there is a choice, and the one it began in may be gone"
    )]
    pub(crate) fn within<R>(self, f: impl FnOnce() -> R) -> Option<R> {
        Some(f())
    }
}

/// Runs something outside of any scope.
#[inline]
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    f()
}
