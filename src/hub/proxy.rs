//! Which proxy a connection goes through: the environment's variables, as Python's tools and curl read them.

use super::HubError;
use std::ffi::OsString;
use std::net::IpAddr;
use ureq::Proxy;
use ureq::http::Uri;

/// The proxies that are set. The default has none.
#[derive(Clone, Default)]
pub struct Proxies {
    https: Option<Proxy>,
    http: Option<Proxy>,
    direct: Vec<Exception>,
}

/// One entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    Everything,
    /// A host and what lies below it, on one port or on all.
    Domain(String, Option<u16>),
    /// Addresses whose first bits are these.
    Network(IpAddr, u32),
}

impl Proxies {
    /// From `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, in small or in capital letters (small ones win).
    ///
    /// # Errors
    /// [`HubError::Setting`] for a variable that holds no proxy's address: going without would not be what was asked.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, HubError> {
        let value = |names: [&'static str; 2]| -> Result<Option<(&'static str, String)>, HubError> {
            for name in names {
                let Some(value) = variable(name) else { continue };
                let value = value
                    .into_string()
                    .map_err(|_| HubError::Setting { name, message: "is no text in UTF-8".to_owned() })?;
                let value = value.trim();
                if !value.is_empty() {
                    return Ok(Some((name, value.to_owned())));
                }
            }
            Ok(None)
        };
        let proxy = |names: [&'static str; 2]| match value(names)? {
            None => Ok(None),
            Some((name, address)) => Proxy::new(&address).map(Some).map_err(|_| HubError::Setting {
                name,
                message: "not a proxy's address (http://HOST:PORT, https:// or socks5://)".to_owned(),
            }),
        };
        let all = proxy(["all_proxy", "ALL_PROXY"])?;
        Ok(Self {
            https: proxy(["https_proxy", "HTTPS_PROXY"])?.or_else(|| all.clone()),
            http: proxy(["http_proxy", "HTTP_PROXY"])?.or(all),
            direct: value(["no_proxy", "NO_PROXY"])?.map_or_else(Vec::new, |(_, list)| exceptions(&list)),
        })
    }

    /// The proxy for an address; `None` to connect without one.
    pub(super) fn of(&self, uri: &Uri) -> Option<Proxy> {
        let (proxy, default_port) =
            if uri.scheme_str() == Some("https") { (&self.https, 443) } else { (&self.http, 80) };
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(default_port);
        if self.direct.iter().any(|exception| exception.covers(&host, port)) { None } else { proxy.clone() }
    }
}

fn exceptions(list: &str) -> Vec<Exception> {
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).map(exception).collect()
}

fn exception(entry: &str) -> Exception {
    if entry == "*" {
        return Exception::Everything;
    }
    if let Some((address, bits)) = entry.split_once('/')
        && let (Ok(address), Ok(bits)) = (address.parse(), bits.parse())
    {
        return Exception::Network(address, bits);
    }
    // `::1` is an address, not a host with a port.
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    };
    let host = host.trim_start_matches('*').trim_start_matches('.');
    Exception::Domain(host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase(), port)
}

impl Exception {
    fn covers(&self, host: &str, port: u16) -> bool {
        match self {
            Exception::Everything => true,
            Exception::Domain(domain, wanted_port) => {
                let below =
                    host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                below && wanted_port.is_none_or(|wanted| wanted == port)
            }
            Exception::Network(network, bits) => match (network, host.parse()) {
                (IpAddr::V4(network), Ok(IpAddr::V4(host))) => {
                    first_bits_agree(u128::from(u32::from(*network)), u128::from(u32::from(host)), *bits, 32)
                }
                (IpAddr::V6(network), Ok(IpAddr::V6(host))) => {
                    first_bits_agree(u128::from(*network), u128::from(host), *bits, 128)
                }
                _ => false,
            },
        }
    }
}

fn first_bits_agree(left: u128, right: u128, bits: u32, width: u32) -> bool {
    let ignored = width.saturating_sub(bits);
    // A shift by the full width is no shift: nothing is compared then.
    (left ^ right).checked_shr(ignored).is_none_or(|difference| difference == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, HubError> {
        Proxies::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    fn port_for(variables: &[(&str, &str)], address: &str) -> Option<u16> {
        let uri: Uri = address.parse().expect("an address");
        proxies(variables).unwrap_or_else(|error| panic!("{error}")).of(&uri).map(|proxy| proxy.port())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, Option<u16>);
        let rows: [Row<'_>; 8] = [
            (&[], "https://hub.example", None),
            (&[("HTTPS_PROXY", "http://p:1")], "https://hub.example", Some(1)),
            (&[("HTTPS_PROXY", "http://p:1")], "http://hub.example", None),
            (&[("HTTP_PROXY", "p:2")], "http://hub.example", Some(2)),
            (&[("ALL_PROXY", "socks5://p:3")], "http://hub.example", Some(3)),
            (&[("https_proxy", "http://p:4"), ("HTTPS_PROXY", "http://p:1")], "https://hub.example", Some(4)),
            (&[("https_proxy", ""), ("HTTPS_PROXY", "http://p:1")], "https://hub.example", Some(1)),
            (&[("ALL_PROXY", "http://p:5"), ("NO_PROXY", "*")], "https://hub.example", None),
        ];
        let failing: Vec<_> =
            rows.iter().filter(|(variables, address, port)| port_for(variables, address) != *port).collect();
        assert!(failing.is_empty(), "{failing:?}");
    }

    #[test]
    fn exceptions_go_straight() {
        let rows = [
            ("hub.example", "https://hub.example/x", true),
            ("HUB.example", "https://a.Hub.Example/x", true),
            (".example", "https://hub.example", true),
            ("*.example", "https://hub.example", true),
            ("example", "https://hubexample", false),
            ("other, hub.example", "https://hub.example", true),
            ("hub.example:443", "https://hub.example", true),
            ("hub.example:444", "https://hub.example", false),
            ("127.0.0.1", "http://127.0.0.1:99", true),
            ("10.0.0.0/8", "http://10.1.2.3", true),
            ("10.0.0.0/8", "http://11.1.2.3", false),
            ("10.0.0.0/0", "http://11.1.2.3", true),
            ("::1", "http://[::1]:5", true),
            ("fd00::/8", "http://[fd12::1]", true),
            ("", "http://127.0.0.1", false),
        ];
        let failing: Vec<_> = rows
            .iter()
            .filter(|(list, address, direct)| {
                let variables = [("ALL_PROXY", "http://p:1"), ("NO_PROXY", *list)];
                port_for(&variables, address).is_none() != *direct
            })
            .collect();
        assert!(failing.is_empty(), "{failing:?}");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_refused_and_not_passed_over() {
        use std::os::unix::ffi::OsStringExt;
        let variable = |name: &str| (name == "NO_PROXY").then(|| OsString::from_vec(vec![b'a', 0xff]));
        let error = Proxies::from_variables(variable).err().expect("no UTF-8").to_string();
        assert!(error.starts_with("NO_PROXY: "), "{error}");
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_its_password() {
        let error = proxies(&[("HTTPS_PROXY", "ftp://user:secret@p")]).err().expect("no proxy speaks FTP").to_string();
        assert!(error.starts_with("HTTPS_PROXY: ") && !error.contains("secret"), "{error}");
    }
}
