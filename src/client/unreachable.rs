//! Why no connection comes about or one breaks, in the words of a person instead of those of a system call.

use std::io::{Error, ErrorKind};

use super::wire;

/// What a failed call of the system means for the one who wants to reach a core. The text is clean.
pub(super) fn reason(error: &Error) -> String {
    if let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return encrypted(fault);
    }
    let said = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused, nothing listens there",
        ErrorKind::ConnectionReset => "the connection was reset",
        ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => "the connection broke off",
        ErrorKind::TimedOut => "no answer in time",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "there is no way to it",
        _ => return wire::line(&error.to_string()),
    };
    said.to_owned()
}

fn encrypted(fault: &rustls::Error) -> String {
    let text = wire::line(&fault.to_string());
    match fault {
        rustls::Error::InvalidCertificate(_) => format!("its certificate is not believed: {text}"),
        _ => format!("no encrypted connection: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_put_into_words() {
        let of = |kind: ErrorKind| reason(&Error::from(kind));
        assert_eq!(of(ErrorKind::ConnectionRefused), "connection refused, nothing listens there");
        assert_eq!(of(ErrorKind::NetworkUnreachable), "there is no way to it");
        assert_eq!(reason(&Error::other("no such\u{1b} host")), "no such\u{fffd} host");
    }

    #[test]
    fn a_certificate_that_is_not_believed_is_told_as_that() {
        let fault = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let told = reason(&Error::new(ErrorKind::InvalidData, fault));
        assert!(told.starts_with("its certificate is not believed: ") && told.contains("Expired"), "{told}");
        let other = rustls::Error::DecryptError;
        assert!(reason(&Error::new(ErrorKind::InvalidData, other)).starts_with("no encrypted connection: "));
    }
}
