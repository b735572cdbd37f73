//! Session tokens: JWT signed with HMAC-SHA-256, nothing else. An hour long, by the core's clock.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::domain::{
    access::UserId,
    time::{HOUR, MINUTE, Timestamp},
};

/// How long a session token is good, in milliseconds.
pub const SESSION_MS: i64 = HOUR;
/// How far ahead another clock may have signed, in milliseconds.
const SKEW_MS: i64 = MINUTE;
/// Longest token looked at, in bytes.
const LONGEST: usize = 4096;

/// Signs and checks session tokens.
pub struct Signer {
    keyed: Hmac<Sha256>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    /// Extensions that must be understood. None are, so a token that has any is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
}

/// Times in seconds, as the standard has them.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
}

fn keyed(secret: &str) -> Hmac<Sha256> {
    // HMAC takes a key of any length; shorter than a block it is padded, longer it is hashed first.
    let keyed = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    keyed.unwrap_or_else(|_| Hmac::<Sha256>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

/// HMAC-SHA-256 of `message` under `secret`.
pub fn mac(secret: &str, message: &[u8]) -> [u8; 32] {
    keyed(secret).chain_update(message).finalize().into_bytes().into()
}

impl Signer {
    /// Signs with `secret`.
    pub fn new(secret: &str) -> Self {
        Self { keyed: keyed(secret) }
    }

    /// A token for `user` from `now` on, and when it ends.
    pub fn issue(&self, user: &UserId, now: Timestamp) -> (String, Timestamp) {
        let iat = now.ms().div_euclid(1_000);
        let ends = Timestamp::from_ms(iat * 1_000 + SESSION_MS);
        let header = Header { alg: "HS256".to_owned(), typ: Some("JWT".to_owned()), crit: None };
        let claims = Claims { sub: user.0.clone(), iat, exp: iat + SESSION_MS / 1_000 };
        let part = |json: Result<Vec<u8>, serde_json::Error>| URL_SAFE_NO_PAD.encode(json.unwrap_or_default());
        let signed = format!("{}.{}", part(serde_json::to_vec(&header)), part(serde_json::to_vec(&claims)));
        let signature = self.keyed.clone().chain_update(signed.as_bytes()).finalize().into_bytes();
        (format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)), ends)
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<UserId, &'static str> {
        const BROKEN: &str = "this is not a session token";
        if token.len() > LONGEST {
            return Err(BROKEN);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(BROKEN)?;
        let (header, claims) = signed.split_once('.').ok_or(BROKEN)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BROKEN)?;
        // The signature first: nothing of an unsigned token is read.
        let keyed = self.keyed.clone().chain_update(signed.as_bytes());
        keyed.verify_slice(&signature).map_err(|_| "this session token was not signed here")?;
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| BROKEN);
        let header: Header = serde_json::from_slice(&read(header)?).map_err(|_| BROKEN)?;
        if header.alg != "HS256" || header.crit.is_some() {
            return Err("only HS256 session tokens are taken");
        }
        let claims: Claims = serde_json::from_slice(&read(claims)?).map_err(|_| BROKEN)?;
        if now.ms() >= claims.exp.saturating_mul(1_000) {
            return Err("the session has ended; sign in again");
        }
        if claims.iat.saturating_mul(1_000) > now.ms().saturating_add(SKEW_MS) {
            return Err("this session token is from the future");
        }
        Ok(UserId(claims.sub))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn user() -> UserId {
        UserId("local:oncall".to_owned())
    }

    #[test]
    fn a_token_is_good_for_an_hour_and_not_a_second_longer() {
        let signer = Signer::new("0123456789abcdef0123456789abcdef");
        let (token, ends) = signer.issue(&user(), NOW);
        assert_eq!(ends, NOW.plus(HOUR));
        assert_eq!(signer.check(&token, NOW), Ok(user()));
        assert_eq!(signer.check(&token, ends.plus(-1)), Ok(user()));
        assert!(signer.check(&token, ends).is_err());
        assert!(signer.check(&token, NOW.plus(-2 * MINUTE)).is_err());
    }

    #[test]
    fn other_secrets_other_algorithms_and_changed_claims_are_refused() {
        let signer = Signer::new("0123456789abcdef0123456789abcdef");
        let (token, _) = signer.issue(&user(), NOW);
        assert!(Signer::new("another secret of at least 32 chars").check(&token, NOW).is_err());
        let parts: Vec<&str> = token.split('.').collect();
        let forged = URL_SAFE_NO_PAD.encode(br#"{"sub":"local:admin","iat":1700000000,"exp":9999999999}"#);
        assert!(signer.check(&format!("{}.{forged}.{}", parts[0], parts[2]), NOW).is_err());
        let none = URL_SAFE_NO_PAD.encode(br#"{"alg":"none"}"#);
        assert!(signer.check(&format!("{none}.{}.", parts[1]), NOW).is_err());
        assert!(signer.check("", NOW).is_err());
        assert!(signer.check(&token[..token.len() - 1], NOW).is_err());
    }

    #[test]
    fn a_well_signed_token_of_another_kind_is_refused() {
        let signer = Signer::new("0123456789abcdef0123456789abcdef");
        let (token, _) = signer.issue(&user(), NOW);
        let claims = token.split('.').nth(1).unwrap();
        let said = |header: &str| {
            let signed = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(header));
            let signature = signer.keyed.clone().chain_update(signed.as_bytes()).finalize().into_bytes();
            signer.check(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)), NOW)
        };
        assert_eq!(said(r#"{"alg":"HS256"}"#), Ok(user()));
        let other = Err("only HS256 session tokens are taken");
        assert_eq!(said(r#"{"alg":"HS512"}"#), other);
        assert_eq!(said(r#"{"alg":"HS256","crit":["exp"]}"#), other, "what must be understood is not");
        let long = format!(r#"{{"alg":"HS256","typ":"{}"}}"#, "x".repeat(LONGEST));
        assert_eq!(said(&long), Err("this is not a session token"), "nobody looks at one that long");
    }
}
