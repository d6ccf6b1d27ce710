//! GTID sets against the server's own answers, and against sets that hold every transaction one by one.

use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use tailrace_kernel::gtid::{Gtid, GtidSet};

/// What `tools/record_binlog.py` had a server say: two sets as written, then the first as the server prints it,
/// their union, their difference, and whether the second contains the first; or `error`.
const ANSWERS: &str = include_str!("../testdata/gtid_sets.tsv");

#[test]
fn text_means_what_it_means_to_the_server() {
    let mut failures = String::new();
    for line in ANSWERS.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let (one, two) = (fields[0].replace("\\n", "\n"), fields[1]);
        let ours = match GtidSet::parse(&one) {
            Err(_) => vec!["error".to_owned()],
            Ok(set) => {
                let other = GtidSet::parse(two).expect("a set of the recorder's own");
                vec![
                    set.to_string(),
                    set.union(&other).to_string(),
                    set.subtract(&other).to_string(),
                    u8::from(other.contains(&set)).to_string(),
                ]
            }
        };
        if ours != fields[2..] {
            failures += &format!("{one:?} and {two:?}: {ours:?}, not {:?}\n", &fields[2..]);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// A set as every transaction one by one.
type Naive = BTreeSet<(u8, &'static str, u64)>;

const TAGS: [&str; 4] = ["", "a", "tag", "_tag_of_the_most_characters_32c_"];
const HIGHEST: u64 = i64::MAX.cast_unsigned() - 1;

fn naive() -> impl Strategy<Value = Naive> {
    // Few numbers, so that intervals meet, and the highest one, where arithmetic would overflow.
    let number = prop_oneof![9 => 1..14_u64, 1 => HIGHEST - 2..=HIGHEST];
    let gtid = (0..2_u8, proptest::sample::select(&TAGS), number);
    vec(gtid, 0..40).prop_map(|gtids| gtids.into_iter().collect())
}

fn gtid((uuid, tag, number): (u8, &str, u64)) -> Gtid {
    Gtid::new([uuid; 16], tag, number).expect("a GTID")
}

fn built(naive: &Naive) -> GtidSet {
    let mut set = GtidSet::default();
    naive.iter().for_each(|one| set.add(&gtid(*one)));
    set
}

proptest! {
    #[test]
    fn adding_in_any_order_gives_the_same_set(naive in naive(), seed in any::<u64>()) {
        let mut order: Vec<_> = naive.iter().copied().collect();
        order.sort_by_key(|(uuid, tag, number)| {
            (number ^ seed ^ u64::from(*uuid) ^ tag.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        let mut set = GtidSet::default();
        for one in order.iter().chain(order.first()) {
            set.add(&gtid(*one));
        }
        prop_assert_eq!(&set, &built(&naive));
        prop_assert_eq!(set.count(), naive.len() as u64);
        prop_assert_eq!(set.is_empty(), naive.is_empty());
        for uuid in 0..2 {
            for number in (1..15).chain(HIGHEST - 2..=HIGHEST) {
                for tag in TAGS {
                    let one = (uuid, tag, number);
                    prop_assert_eq!(set.contains_gtid(&gtid(one)), naive.contains(&one));
                }
            }
        }
    }

    #[test]
    fn algebra_is_that_of_sets(a in naive(), b in naive()) {
        let (one, two) = (built(&a), built(&b));
        prop_assert_eq!(one.union(&two), built(&(&a | &b)));
        prop_assert_eq!(one.subtract(&two), built(&(&a - &b)));
        prop_assert_eq!(one.intersect(&two), built(&(&a & &b)));
        prop_assert_eq!(one.contains(&two), b.is_subset(&a));
        prop_assert!(one.union(&two).contains(&one));
    }

    #[test]
    fn text_and_bytes_give_the_same_set_back(naive in naive()) {
        let set = built(&naive);
        prop_assert_eq!(&GtidSet::parse(&set.to_string()).expect("its own text"), &set);
        prop_assert_eq!(&GtidSet::decode(&set.encode()).expect("its own bytes"), &set);
    }

    #[test]
    fn hostile_text_never_panics(text in r"[0-9a-f{}:,\- tг]{0,60}", tail in r"[0-9a-z:,\-]{0,30}") {
        let _ = GtidSet::parse(&text);
        let _ = GtidSet::parse(&format!("3e11fa47-71ca-11e1-9e33-c80aa9429562:{tail}"));
    }

    #[test]
    fn hostile_bytes_never_panic(naive in naive(), flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = built(&naive).encode();
        for (at, with) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= with;
        }
        if let Ok(set) = GtidSet::decode(&bytes) {
            // Whatever was read can be used.
            set.count();
            prop_assert_eq!(&GtidSet::decode(&set.encode()).expect("its own bytes"), &set);
        }
        let _ = GtidSet::decode(&bytes[..cut.index(bytes.len())]);
    }
}

#[test]
fn counting_more_than_64_bits_does_not_overflow() {
    let text: Vec<_> = (0..3)
        .map(|uuid| format!("00000000-0000-0000-0000-00000000000{uuid}:1-{HIGHEST}"))
        .collect();
    let set = GtidSet::parse(&text.join(",")).expect("a set");
    assert_eq!(set.count(), u64::MAX);
}
