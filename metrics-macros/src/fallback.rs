//! What is emitted when something is wrong: the errors, and the item as it was, so that its users are not
//! in error too.

use crate::diagnostics::Diagnostics;
use proc_macro2::TokenStream;

/// The untouched item with all errors.
pub(crate) fn item_with_errors(item: TokenStream, diagnostics: Diagnostics) -> TokenStream {
    let mut tokens = item;
    tokens.extend(diagnostics.into_errors());
    tokens
}
