//! What a repository holds at one commit, as the Hub tells it.

use super::HubError;
use super::http::{Ask, Client};
use super::retry::Retries;
use hf_hub::{Repo, RepoType};
use serde::Deserialize;
use ureq::http::header;

/// A repository at one commit.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    /// 40 hexadecimal digits.
    pub commit: String,
    /// All its files.
    pub files: Vec<RemoteFile>,
}

/// One file of a repository.
#[derive(Debug, Clone)]
pub(super) struct RemoteFile {
    /// Path in the repository.
    pub name: String,
    /// Size, if it was told.
    pub bytes: Option<u64>,
    /// Its content's name, if it was told.
    pub etag: Option<Etag>,
}

/// Name of a content in the cache: what the Hub gives as ETag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Etag {
    /// Large files: SHA-256 of the content.
    Sha256(String),
    /// Small files: the id that git gives the content (SHA-1 over a header and the content).
    GitBlob(String),
    /// Of a server that names contents in its own way: nothing can be checked by it.
    Other(String),
}

impl Etag {
    /// From a header's value; `None` for what can't be a file's name.
    pub(super) fn from_header(text: &str) -> Option<Self> {
        Self::from_name(text.trim().trim_start_matches("W/").trim_matches('"'))
    }

    /// From the name of a file in `blobs/`.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let hexadecimal = name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        match name.len() {
            64 if hexadecimal => Some(Etag::Sha256(name.to_owned())),
            40 if hexadecimal => Some(Etag::GitBlob(name.to_owned())),
            1..=200 if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) => {
                Some(Etag::Other(name.to_owned()))
            }
            _ => None,
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Etag::Sha256(name) | Etag::GitBlob(name) | Etag::Other(name) => name,
        }
    }
}

/// The Hub's own words (`/api/models/ID/revision/REVISION?blobs=true`).
#[derive(Deserialize)]
struct Info {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    sha256: Option<String>,
    size: Option<u64>,
}

/// Whether a text is a commit's name.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Asks what `revision` is and holds.
///
/// # Errors
/// As [`Client::ask`], after the tries that are worth making.
pub(super) fn list(client: &Client<'_>, revision: &str, mut retries: Retries<'_>) -> Result<Listing, HubError> {
    let repository = Repo::with_revision(client.hub_id().to_owned(), RepoType::Model, revision.to_owned());
    let address = client.address(&format!("api/{}?blobs=true", repository.api_url()));
    let info: Info = loop {
        match client.json(&address) {
            Ok(info) => break info,
            Err(error) => retries.after(error)?,
        }
    };
    if !is_commit(&info.sha) {
        return Err(client.no_hub("a commit that is none".to_owned()));
    }
    let files = info.siblings.into_iter().map(|sibling| {
        let etag = match &sibling.lfs {
            Some(large) => large.sha256.as_deref(),
            None => sibling.blob_id.as_deref(),
        };
        RemoteFile {
            etag: etag.and_then(Etag::from_name),
            bytes: sibling.lfs.and_then(|large| large.size).or(sibling.size),
            name: sibling.rfilename,
        }
    });
    Ok(Listing { commit: info.sha, files: files.collect() })
}

/// The address of a file's content.
pub(super) fn content_address(client: &Client<'_>, commit: &str, name: &str) -> String {
    client.address(&format!("{}/resolve/{commit}/{name}", client.hub_id()))
}

/// Size and ETag of one file, for servers that did not tell them with the list.
///
/// # Errors
/// As [`Client::ask`]; [`HubError::NoHub`] where the answer holds no ETag or no size.
pub(super) fn ask_for_file(
    client: &Client<'_>,
    commit: &str,
    file: &RemoteFile,
    mut retries: Retries<'_>,
) -> Result<(u64, Etag), HubError> {
    if let (Some(bytes), Some(etag)) = (file.bytes, &file.etag) {
        return Ok((bytes, etag.clone()));
    }
    let address = content_address(client, commit, &file.name);
    let answer = loop {
        match client.ask(&address, Ask::Head) {
            Ok(answer) => break answer,
            Err(error) => retries.after(error)?,
        }
    };
    let value = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let length = if answer.status().is_redirection() { None } else { value(header::CONTENT_LENGTH.as_str()) };
    let bytes = value("x-linked-size").or(length).and_then(|text| text.parse().ok()).or(file.bytes);
    let etag = value("x-linked-etag").or(value(header::ETAG.as_str())).and_then(Etag::from_header);
    match (bytes, etag) {
        (Some(bytes), Some(etag)) => Ok((bytes, etag)),
        _ => Err(client.no_hub(format!("{} without a size or an ETag", file.name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_told_apart() {
        let sha256 = "ab".repeat(32);
        let git = "0f".repeat(20);
        let rows = [
            (format!("\"{sha256}\""), Some(Etag::Sha256(sha256.clone()))),
            (format!("W/\"{git}\""), Some(Etag::GitBlob(git.clone()))),
            ("\"abc-1\"".to_owned(), Some(Etag::Other("abc-1".to_owned()))),
            ("\"../x\"".to_owned(), None),
            ("\"\"".to_owned(), None),
        ];
        for (text, expected) in rows {
            assert_eq!(Etag::from_header(&text), expected, "{text}");
        }
    }
}
