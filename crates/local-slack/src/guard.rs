//! Whom the workspace listens to. It asks nobody for a password, so a page of somebody else's must not reach it: not
//! by a name that was made to point to this machine (DNS rebinding), nor from another origin (request forgery).

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses a request that names another machine or comes from another page. Programs send no `Origin`.
pub(crate) async fn own_page_only(State(own): State<IpAddr>, request: Request, next: Next) -> Response {
    let host = request
        .uri()
        .authority()
        .map(Authority::to_string)
        .or_else(|| text(request.headers(), header::HOST.as_str()))
        .unwrap_or_default();
    let is_foreign = text(request.headers(), header::ORIGIN.as_str())
        .is_some_and(|origin| !origin.eq_ignore_ascii_case(&format!("http://{host}")));
    if !is_here(&host, own) {
        return (StatusCode::FORBIDDEN, "this workspace has no such name\n").into_response();
    }
    if is_foreign {
        return (StatusCode::FORBIDDEN, "another page may not act here\n").into_response();
    }
    next.run(request).await
}

/// Whether a `Host` names this machine: no public name does, whatever it resolves to.
fn is_here(host: &str, own: IpAddr) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_localhost = |name: &str| name == "localhost" || name.ends_with(".localhost");
    match name.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || (ip == own && !own.is_unspecified()),
        Err(_) => is_localhost(&name.to_ascii_lowercase()),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    // One that cannot be read is foreign, not absent.
    let value = headers.get(name)?;
    Some(value.to_str().unwrap_or("?").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("127.0.0.1:7401", true)]
    #[case("localhost:7401", true)]
    #[case("LOCALHOST", true)]
    #[case("slack.localhost:1", true)]
    #[case("[::1]:7401", true)]
    #[case("10.0.0.7:7401", true)]
    #[case("10.0.0.8:7401", false)]
    #[case("evil.example:7401", false)]
    #[case("127.0.0.1.evil.example", false)]
    #[case("localhost.evil.example", false)]
    #[case("notlocalhost", false)]
    #[case("", false)]
    #[case("a b", false)]
    fn only_names_of_this_machine_are_its_own(#[case] host: &str, #[case] expected: bool) {
        assert_eq!(is_here(host, "10.0.0.7".parse().unwrap()), expected, "{host}");
    }
}
