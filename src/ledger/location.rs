//! Where the state lies: on a local disk, one folder for each output folder.

use super::LedgerError;
use crate::article::sha256_hex;
use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};

/// Where this program keeps what belongs to the user and not to an output folder.
///
/// # Errors
/// [`LedgerError::NoHome`].
pub fn user_state_dir() -> Result<PathBuf, LedgerError> {
    let base = etcetera::choose_base_strategy().map_err(|_| LedgerError::NoHome)?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("mujaz"))
}

/// The state folder of the output folder `out_dir`, whose absolute path must be given.
///
/// # Errors
/// [`LedgerError::NoHome`].
pub fn default_state_dir(out_dir: &Path) -> Result<PathBuf, LedgerError> {
    let name = out_dir.file_name().unwrap_or_default().to_string_lossy();
    let readable: String = name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).take(40).collect();
    let hash = sha256_hex(&out_dir.to_string_lossy());
    Ok(user_state_dir()?.join("outputs").join(format!("{readable}-{}", &hash[..16])))
}

/// File systems over which SQLite's locks and its shared memory don't work, or not reliably.
const NETWORK: [&str; 16] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "lustre",
    "gpfs",
    "beegfs",
    "glusterfs",
    "pvfs2",
    "orangefs",
    "panfs",
    "fuse.sshfs",
    "fuse.glusterfs",
];

/// Refuses a folder on a network file system. Only Linux tells; elsewhere every folder passes.
pub(super) fn refuse_network(folder: &Path) -> Result<(), LedgerError> {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return Ok(()) };
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    match file_system(&mounts, &absolute) {
        Some(found) if NETWORK.contains(&found) => {
            Err(LedgerError::Network { path: folder.to_owned(), file_system: found.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The type of the file system that `path` lies on: that of the last mount with the longest mount point above it.
/// `mounts` is as proc(5) describes `mountinfo`.
fn file_system<'m>(mounts: &'m str, path: &Path) -> Option<&'m str> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let (before, after) = line.split_once(" - ")?;
        let point = unescaped(before.split(' ').nth(4)?);
        let found = after.split(' ').next()?;
        let depth = Path::new(&point).components().count();
        if path.starts_with(&point) && best.is_none_or(|(known, _)| depth >= known) {
            best = Some((depth, found));
        }
    }
    best.map(|(_, found)| found)
}

/// Blanks and backslashes of mount points are written as three octal digits.
fn unescaped(point: &str) -> String {
    ["\\040 ", "\\011\t", "\\012\n", "\\134\\"].iter().fold(point.to_owned(), |text, pair| {
        let (code, character) = pair.split_at(4);
        text.replace(code, character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_of_a_path() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      30 22 0:40 / /home rw,relatime shared:5 - nfs4 server:/home rw\n\
                      31 30 0:41 / /home/local\\040disk rw - xfs /dev/sdb rw\n";
        let rows = [
            ("/tmp/x", "ext4"),
            ("/home/a", "nfs4"),
            ("/homes", "ext4"),
            ("/home/local disk/x", "xfs"),
            ("/home/local", "nfs4"),
        ];
        for (path, expected) in rows {
            assert_eq!(file_system(mounts, Path::new(path)), Some(expected), "{path}");
        }
        assert!(NETWORK.contains(&"nfs4"));
    }

    #[test]
    fn each_output_has_a_folder_of_its_own() {
        let of = |path: &str| default_state_dir(Path::new(path)).unwrap();
        assert_ne!(of("/a/briefings"), of("/b/briefings"));
        assert_eq!(of("/a/briefings"), of("/a/briefings"));
        assert!(of("/a/brief ings/").file_name().unwrap().to_str().unwrap().starts_with("briefings-"));
    }
}
