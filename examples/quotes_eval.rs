//! Prints one `mujaz.quotes/1` record a line for each file named on the command line.

use mujaz::article::sha256_hex;
use mujaz::quotes::{QuotesRecord, extract};
use std::io::{BufWriter, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        let record = QuotesRecord {
            schema: "mujaz.quotes/1".to_owned(),
            article: path,
            text_sha256: sha256_hex(&text),
            encoding: "utf-8".to_owned(),
            language: Some("ar".to_owned()),
            found: extract(&text, &[]),
        };
        serde_json::to_writer(&mut out, &record)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}
