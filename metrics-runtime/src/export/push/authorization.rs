//! The header `Authorization` (RFC 6750, RFC 7617).

use crate::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The header for a token, or for `user:password`.
///
/// # Errors
///
/// In words, when there are both, or the password has no user.
pub(crate) fn authorization(
    bearer_token: Option<&Secret>,
    basic_auth: Option<&Secret>,
) -> Result<Option<(String, Secret)>, &'static str> {
    let value = match (bearer_token, basic_auth) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err("a token and a user are given; one of them is sent"),
        (Some(token), None) if token.is_sendable() => format!("Bearer {}", token.reveal()),
        (Some(_), None) => return Err("the token is empty or has a control character"),
        (None, Some(login)) if !login.is_sendable() => {
            return Err("the password is empty or has a control character");
        }
        (None, Some(login)) if !login.reveal().contains(':') => {
            return Err("expected `user:password`");
        }
        (None, Some(login)) => format!("Basic {}", STANDARD.encode(login.reveal())),
    };
    Ok(Some(("Authorization".to_owned(), value.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_both_is_sent() {
        let header = |token: Option<&str>, login: Option<&str>| {
            let (token, login) = (token.map(Secret::from), login.map(Secret::from));
            authorization(token.as_ref(), login.as_ref())
                .map(|header| header.map(|(_, value)| value.reveal().to_owned()))
        };
        assert_eq!(header(None, None), Ok(None));
        assert_eq!(header(Some("abc"), None), Ok(Some("Bearer abc".to_owned())));
        // RFC 7617, section 2.
        assert_eq!(
            header(None, Some("Aladdin:open sesame")),
            Ok(Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned()))
        );
        for (token, login) in [
            (Some("a"), Some("b:c")),
            (Some("a\nb"), None),
            (Some(""), None),
            (None, Some("b:c\r\nX: y")),
            (None, Some("b")),
        ] {
            assert!(header(token, login).is_err(), "{token:?} {login:?}");
        }
    }
}
