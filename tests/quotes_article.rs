//! A whole article with the traps of agency news: names of outlets in marks, a second person in a circumstance, a
//! dropped subject, a title parted from its name, an editorial frame, an address in the text.

use mujaz::quotes::{Extraction, extract};

#[test]
fn whole_article() {
    let text = include_str!("fixtures/quotes_article.txt");
    let expected: Extraction = serde_json::from_str(include_str!("fixtures/quotes_article.json")).unwrap();
    let found = extract(text, &[]);
    for (found, expected) in found.attributions.iter().zip(&expected.attributions) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.attributions.len(), expected.attributions.len());
    assert_eq!(found.not_speech, expected.not_speech);
}
