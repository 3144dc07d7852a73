use super::*;
use proptest::prelude::*;

/// An Arabic word, its usual English spellings, and names that are others.
const NAMES: &[(&str, &[&str], &[&str])] = &[
    ("محمد", &["Mohammed", "Muhammad", "Mohamed", "Mehmet"], &["Mahdi", "Masoud", "Salman"]),
    ("مسعود", &["Masoud", "Massoud", "Mesut"], &["Mohammed", "Mustafa"]),
    ("بزشكيان", &["Pezeshkian", "Bezeshkian"], &["Salman", "Khamenei", "Baghdad"]),
    ("شريف", &["Sharif", "Cherif", "Şerif"], &["Rashid", "Karim"]),
    ("خالد", &["Khaled", "Khalid", "Halit"], &["Walid", "Hamid"]),
    ("جمال", &["Jamal", "Gamal", "Djamel", "Cemal"], &["Kamal", "Jalal"]),
    ("عبدالرحمن", &["Abdulrahman", "Abd al-Rahman", "Abderrahmane", "Abdur Rahman"], &["Abdulaziz", "Abdullah"]),
    ("عبد العزيز", &["Abdulaziz", "Abdel Aziz", "Abdelaziz"], &["Abdulrahman", "Abdelkader"]),
    ("القحطاني", &["al-Qahtani", "Al Kahtani", "Qahtani"], &["al-Otaibi", "Qatar"]),
    ("الغامدي", &["al-Ghamdi", "Alghamdi"], &["al-Hamdan", "al-Zahrani"]),
    ("ذو", &["Dhu", "Zu"], &["Ali"]),
    ("ثامر", &["Thamer", "Tamer"], &["Salem", "Amer"]),
    ("يوسف", &["Yousef", "Youssef", "Yusuf", "Josef"], &["Younis", "Yasser"]),
    ("وليد", &["Walid", "Waleed", "Oualid"], &["Khaled", "Majid"]),
    ("حسين", &["Hussein", "Husayn", "Hossein", "Hocine"], &["Hamid", "Salim"]),
    ("قاسم", &["Qasim", "Kassem", "Gasem", "Kacem"], &["Karim", "Salem"]),
    ("طارق", &["Tariq", "Tarek"], &["Tahir", "Mubarak"]),
    ("ضياء", &["Diaa", "Ziya", "Dhia"], &["Rami", "Sami"]),
    ("نجيب", &["Najib", "Naguib", "Necip"], &["Nabil", "Habib"]),
    ("فريدة", &["Farida", "Feride"], &["Karima", "Hamida"]),
    ("شارل", &["Charles"], &["Karl", "Sean"]),
    ("تشارلز", &["Charles"], &["Thomas", "James"]),
    ("جورج", &["George", "Georges", "Jorge"], &["Gregory", "Roger"]),
    ("غريغوري", &["Gregory", "Grigory"], &["George", "Harry"]),
    ("خوسيه", &["José", "Jose"], &["Juan", "Diego"]),
    ("ميشيل", &["Michel", "Michelle"], &["Marcel", "Daniel"]),
    ("ماكسيم", &["Maxim", "Maxime", "Maksim"], &["Marcel", "Moscow"]),
    ("ألكسندر", &["Alexander", "Aleksandr", "Alexandre"], &["Alexei", "Andrew"]),
    ("فلاديمير", &["Vladimir", "Volodymyr"], &["Valery", "Dmitry"]),
    ("رودينكو", &["Rudenko", "Roudenko"], &["Romanenko", "Kuznetsov"]),
    ("تشين", &["Chen", "Qin", "Chin"], &["Wang", "Li"]),
    ("واتانابي", &["Watanabe"], &["Tanaka", "Nakamura"]),
    ("أردوغان", &["Erdogan", "Erdoğan"], &["Ankara", "Orhan"]),
    ("فيليب", &["Philip", "Philippe", "Felipe", "Filip"], &["Phoebe", "Paul"]),
    ("ويليام", &["William"], &["Wallace", "Lionel"]),
    ("شميت", &["Schmidt", "Schmitt"], &["Schulz", "Meyer"]),
    ("كوينتن", &["Quentin"], &["Kevin", "Martin"]),
    ("كزافييه", &["Xavier"], &["Victor", "Javad"]),
    ("روجيه", &["Roger"], &["Georges", "Thierry"]),
    ("غارنييه", &["Garnier"], &["Bernard", "Moulin"]),
    ("يوحنا", &["John", "Yohanna"], &["Paul", "Peter"]),
    ("سلمى", &["Salma", "Selma"], &["Layla", "Samar"]),
    ("هويدا", &["Huwaida", "Howayda"], &["Hala", "Hind"]),
    ("العطّار", &["al-Attar", "Attar"], &["al-Najjar", "al-Haddad"]),
    ("مُنذِر", &["Munther", "Mundhir", "Monzer"], &["Mazen", "Mansour"]),
    ("سيـف", &["Saif", "Seif", "Sayf"], &["Yasser", "Fares"]),
];

#[test]
fn names_by_sound() {
    let wrong: Vec<_> = NAMES
        .iter()
        .flat_map(|(name, same, other)| {
            let rows = same.iter().map(|english| (*english, true)).chain(other.iter().map(|english| (*english, false)));
            rows.map(move |(english, expected)| (*name, english, expected))
        })
        .filter(|(name, english, expected)| EnglishNames::new(english).contains(name) != *expected)
        .map(|(name, english, expected)| (name, english, expected, similarity(name, english)))
        .collect();
    assert!(NAMES.len() >= 40);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_that_are_missing() {
    // The name words, the English, what is missing; none where nothing can be told.
    type Row = (&'static [&'static str], &'static str, Option<&'static [&'static str]>);
    let rows: &[Row] = &[
        (&["مسعود", "بزشكيان"], "President Masoud Pezeshkian said so.", Some(&[])),
        (&["مسعود", "بزشكيان"], "President Pezeshkian said so.", Some(&["مسعود"])),
        (&["مسعود", "بزشكيان"], "Saudi Crown Prince Mohammed bin Salman said so.", Some(&["مسعود", "بزشكيان"])),
        (&["مسعود", "بزشكيان"], "", Some(&["مسعود", "بزشكيان"])),
        (&["تشو", "جين", "بينغ"], "Zhou Jinping left.", Some(&[])),
        (&["عبد الكريم", "صالح"], "Abdul Karim Saleh's office", Some(&[])),
        (&["سلمى"], "the minister salma said", Some(&[])),
        // A small letter beside capitals: no name.
        (&["سلمان"], "The President ate some salmon", Some(&["سلمان"])),
        (&["لي"], "Nobody", None),
        (&[], "Nobody", None),
        (&["…", "7"], "Nobody", None),
    ];
    let failed: Vec<_> = rows
        .iter()
        .filter(|row| missing(row.0, row.1) != row.2.map(<[&str]>::to_vec))
        .map(|row| (row, missing(row.0, row.1)))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

proptest! {
    #[test]
    fn similarity_is_a_share(arabic in "[ء-يًٌَُّْـ]{0,50}|\\PC{0,20}", latin in "[a-zA-ZéßŁ' -]{0,50}|\\PC{0,20}") {
        let similarity = similarity(&arabic, &latin);
        prop_assert!((0.0..=1.0).contains(&similarity), "{similarity}");
    }

    #[test]
    fn missing_names_are_of_the_names(
        names in proptest::collection::vec("[ء-ي]{0,6}|\\PC{0,6}", 0..5),
        english in "([A-Z]?[a-z]{0,6}[ '-]){0,6}|\\PC{0,30}",
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Some(missing) = missing(&names, &english) {
            prop_assert!(missing.iter().all(|name| names.contains(name)));
        }
    }
}
