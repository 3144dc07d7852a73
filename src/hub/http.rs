//! Requests to the Hub: address, proxy, redirects, time-outs, and who may see the token.
//!
//! Redirects are followed here and not by the client library, because the token must never leave the endpoint: it is
//! sent to the endpoint's own scheme, host and port and nowhere else.

use super::error::Refusal;
use super::retry::retry_after;
use super::{HubError, Settings};
use std::time::SystemTime;
use ureq::http::{Response, StatusCode, Uri, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

/// The public Hub.
const PUBLIC_ENDPOINT: &str = "https://huggingface.co";
const MOST_REDIRECTS: usize = 8;
/// No answer of the Hub's API and no message of its errors is longer.
const LONGEST_ANSWER_BYTES: u64 = 32 << 20;
const LONGEST_REASON: usize = 400;

/// How a request is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// A small answer, soon.
    Small,
    /// The head of an answer only; a redirect to another host is not followed, it is the answer.
    Head,
    /// Content from this byte on; it may take as long as it takes while something comes.
    From(u64),
}

/// Makes requests for one repository.
pub(super) struct Client<'s> {
    agent: Agent,
    endpoint: String,
    /// The endpoint's scheme, host and port.
    origin: Uri,
    hub_id: String,
    settings: &'s Settings,
}

impl<'s> Client<'s> {
    /// # Errors
    /// [`HubError::Setting`] for an endpoint or a file of certificates that can't be used.
    pub(super) fn new(hub_id: &str, settings: &'s Settings) -> Result<Self, HubError> {
        let endpoint = settings.endpoint.as_deref().unwrap_or(PUBLIC_ENDPOINT);
        let origin: Uri = endpoint
            .parse()
            .ok()
            .filter(|uri: &Uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some())
            .ok_or_else(|| HubError::Setting {
                name: "HF_ENDPOINT",
                message: format!("`{endpoint}` is no address (https://HOST)"),
            })?;
        let agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls(settings)?)
            .build()
            .into();
        Ok(Self { agent, endpoint: endpoint.to_owned(), origin, hub_id: hub_id.to_owned(), settings })
    }

    pub(super) fn hub_id(&self) -> &str {
        &self.hub_id
    }

    /// The address of `path` on the Hub.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.endpoint)
    }

    /// Asks for `address`; the answer's status is one of success, or a redirect for [`Ask::Head`].
    ///
    /// # Errors
    /// [`HubError::Unreachable`], [`HubError::Refused`], [`HubError::NoHub`].
    pub(super) fn ask(&self, address: &str, how: Ask) -> Result<Response<Body>, HubError> {
        let mut uri: Uri = address.parse().map_err(|_| self.no_hub(format!("`{address}` is no address")))?;
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.request(&uri, how).map_err(|error| self.unreachable(&error))?;
            let status = answer.status();
            if status.is_success() {
                return Ok(answer);
            }
            if !status.is_redirection() {
                return Err(self.refused(answer));
            }
            let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            let location = location.ok_or_else(|| self.no_hub("a redirect without an address".to_owned()))?;
            let next = joined(&uri, location)
                .ok_or_else(|| self.no_hub(format!("a redirect to `{}`", printable(location))))?;
            if how == Ask::Head && !same_origin(&uri, &next) {
                return Ok(answer);
            }
            if uri.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                return Err(self.no_hub("a redirect from https to an unprotected address".to_owned()));
            }
            uri = next;
        }
        Err(self.no_hub(format!("more than {MOST_REDIRECTS} redirects")))
    }

    fn request(&self, uri: &Uri, how: Ask) -> Result<Response<Body>, ureq::Error> {
        let request = if how == Ask::Head { self.agent.head(uri) } else { self.agent.get(uri) };
        let connect = self.settings.connect_timeout;
        let answer = self.settings.answer_timeout;
        let whole = if let Ask::From(_) = how { None } else { Some(connect + answer) };
        let mut request = request
            .config()
            .proxy(self.settings.proxies.of(uri))
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .timeout_recv_response(Some(answer))
            .timeout_per_read(Some(self.settings.stall_timeout))
            .timeout_global(whole)
            .build()
            // Sizes and ranges are those of the file as it is.
            .header(header::ACCEPT_ENCODING, "identity");
        if let Ask::From(start) = how
            && start > 0
        {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        if let Some(token) = &self.settings.token
            && same_origin(uri, &self.origin)
        {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.call()
    }

    /// The JSON of a small answer.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, address: &str) -> Result<T, HubError> {
        let mut answer = self.ask(address, Ask::Small)?;
        let text = answer.body_mut().with_config().limit(LONGEST_ANSWER_BYTES).read_to_vec();
        let text = text.map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&text).map_err(|error| self.no_hub(format!("not the JSON of a Hub ({error})")))
    }

    /// An answer that the Hub does not give.
    pub(super) fn no_hub(&self, message: String) -> HubError {
        HubError::NoHub { endpoint: self.endpoint.clone(), message }
    }

    fn unreachable(&self, error: &ureq::Error) -> HubError {
        HubError::Unreachable { endpoint: self.endpoint.clone(), message: error.to_string() }
    }

    /// Why the Hub refused, in its own words where it has some.
    fn refused(&self, mut answer: Response<Body>) -> HubError {
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let code = header("x-error-code");
        let retry_after = header("retry-after").and_then(|text| retry_after(&text, SystemTime::now()));
        let reason = header("x-error-message");
        let status = answer.status();
        let reason = reason.or_else(|| {
            #[derive(serde::Deserialize)]
            struct Said {
                error: String,
            }
            let text = answer.body_mut().with_config().limit(LONGEST_ANSWER_BYTES).read_to_vec().ok()?;
            serde_json::from_slice::<Said>(&text).ok().map(|said| said.error)
        });
        let may_pass = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let refusal = Refusal {
            repository: self.hub_id.clone(),
            endpoint: self.endpoint.clone(),
            code,
            reason: reason.map(|text| printable(&text)).filter(|text| !text.is_empty()),
            retry_after: retry_after.filter(|_| may_pass),
            with_token: self.settings.token.is_some(),
        };
        HubError::Refused { status: status.as_u16(), refusal: Box::new(refusal) }
    }
}

/// Certificates: Mozilla's, or those of the file that `SSL_CERT_FILE` names (a proxy that opens TLS has its own).
fn tls(settings: &Settings) -> Result<TlsConfig, HubError> {
    let Some(path) = &settings.certificates else { return Ok(TlsConfig::default()) };
    let wrong = |message: String| HubError::Setting { name: "SSL_CERT_FILE", message };
    let text = std::fs::read(path).map_err(|error| wrong(format!("{}: {error}", path.display())))?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(wrong(format!("{} holds no certificate in PEM form", path.display())));
    }
    Ok(TlsConfig::builder().root_certs(RootCerts::from(certificates)).build())
}

/// Same scheme, host and port.
fn same_origin(left: &Uri, right: &Uri) -> bool {
    let port = |uri: &Uri| uri.port_u16().or(if uri.scheme_str() == Some("https") { Some(443) } else { Some(80) });
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    left.scheme() == right.scheme() && host(left) == host(right) && port(left) == port(right)
}

/// The address that a `Location` means, seen from `base`.
fn joined(base: &Uri, location: &str) -> Option<Uri> {
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    let address = if location.starts_with("http://") || location.starts_with("https://") {
        location.to_owned()
    } else if let Some(rest) = location.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    address.parse().ok().filter(|uri: &Uri| uri.host().is_some())
}

/// One line without controls: what a server says is shown on a terminal.
fn printable(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_REASON).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_seen_from_where_they_were_given() {
        let base: Uri = "https://hub.example:8/a/b?c".parse().expect("an address");
        let rows = [
            ("https://cdn.example/x?y=%20", Some("https://cdn.example/x?y=%20")),
            ("//cdn.example/x", Some("https://cdn.example/x")),
            ("/x", Some("https://hub.example:8/x")),
            ("x", Some("https://hub.example:8/a/x")),
            ("http://", None),
        ];
        let failing: Vec<_> = rows
            .iter()
            .map(|(location, expected)| (joined(&base, location).map(|uri| uri.to_string()), *expected))
            .filter(|(found, expected)| found.as_deref() != *expected)
            .collect();
        assert!(failing.is_empty(), "{failing:?}");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let rows = [
            ("https://a.example/x", "https://A.example:443/y", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example:444", false),
            ("https://a.example", "https://a.example.evil", false),
        ];
        for (left, right, same) in rows {
            let parse = |text: &str| text.parse::<Uri>().expect("an address");
            assert_eq!(same_origin(&parse(left), &parse(right)), same, "{left} {right}");
        }
    }

    #[test]
    fn a_servers_words_are_one_line() {
        assert_eq!(printable("a\u{1b}[31m\r\n b"), "a [31m b");
    }
}
