//! What documents are together: copies of one another, of one source, echoes of one question.

use crate::document::Features;

/// The most documents that are compared with each other.
pub(crate) const MOST: usize = 64;
/// From here on two documents say the same: in runs of words, and in words.
const NEAR: f64 = 0.55;
const SAME_CLAIM: f64 = 0.42;

/// A document of the set.
pub(crate) struct Member<'a> {
    /// Its place among the segments.
    pub(crate) place: usize,
    /// The record it belongs to, where it is one field of it.
    pub(crate) record: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) source: Option<&'a str>,
    pub(crate) features: Features,
    /// Whether it repeats the question at its head, and runs on.
    pub(crate) echoes: bool,
}

/// Documents that say the same.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// Their places among the members.
    pub(crate) members: Vec<usize>,
    /// Whether they are alike in their runs of words, or in words only.
    pub(crate) is_near: bool,
}

/// What is known of a set beside its clusters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Records, however many fields they have.
    pub(crate) records: usize,
}

/// How many records there are.
pub(crate) fn sizes(members: &[Member<'_>]) -> Sizes {
    let mut records: Vec<&str> = members.iter().filter_map(|member| member.record).collect();
    records.sort_unstable();
    records.dedup();
    let alone = members
        .iter()
        .filter(|member| member.record.is_none())
        .count();
    Sizes {
        records: records.len() + alone,
    }
}

/// Puts together what says the same. A cluster has at least three documents of different records.
pub(crate) fn clusters(members: &[Member<'_>]) -> Vec<Cluster> {
    let mut clusters = joined(members, true, |one, other| {
        one.features.likeness(&other.features) >= NEAR
    });
    clusters.extend(joined(members, false, |one, other| {
        one.features.common_words(&other.features) >= SAME_CLAIM
    }));
    clusters
}

fn joined(
    members: &[Member<'_>],
    is_near: bool,
    alike: impl Fn(&Member<'_>, &Member<'_>) -> bool,
) -> Vec<Cluster> {
    // The least place of the cluster that each one belongs to.
    let mut heads: Vec<usize> = (0..members.len()).collect();
    for (at, one) in members.iter().enumerate() {
        for (before, other) in members.iter().enumerate().take(at) {
            let same_record = one.record.is_some() && one.record == other.record;
            if same_record || !alike(one, other) {
                continue;
            }
            let (Some(head), Some(mine)) = (heads.get(before).copied(), heads.get(at).copied())
            else {
                continue;
            };
            let least = head.min(mine);
            for place in &mut heads {
                if *place == head || *place == mine {
                    *place = least;
                }
            }
        }
    }
    let mut clusters: Vec<Cluster> = Vec::new();
    for head in 0..members.len() {
        let of_head = |(_, place): &(usize, &usize)| **place == head;
        let all: Vec<usize> = heads
            .iter()
            .enumerate()
            .filter(of_head)
            .map(|(at, _)| at)
            .collect();
        if all.len() >= 3 {
            clusters.push(Cluster {
                members: all,
                is_near,
            });
        }
    }
    clusters
}

impl Cluster {
    /// How sure it is that somebody wrote these to be found together.
    pub(crate) fn confidence(&self, members: &[Member<'_>], sizes: Sizes) -> f64 {
        let all = || self.members.iter().filter_map(|at| members.get(*at));
        let count = self.members.len();
        let mut confidence: f64 = match (self.is_near, count * 2 >= sizes.records) {
            (true, true) => 0.65,
            (true, false) => 0.4,
            (false, true) => 0.5,
            (false, false) => 0.3,
        };
        let echoes = all().filter(|member| member.echoes).count();
        if echoes * 2 >= count {
            confidence += 0.25;
        }
        // Editions of one text, and pieces of it.
        if same(all().map(|member| family(member.name.or(member.record)))) {
            confidence *= 0.45;
        }
        // The same text again: stored twice, or published in many places.
        let mut pairs = all().zip(all().skip(1));
        if pairs.all(|(one, other)| one.features.is_copy_of(&other.features)) {
            confidence *= 0.7;
        }
        // Rows of a table, forms, lists of figures.
        let words: u32 = all().map(|member| member.features.words).sum();
        let numbers: u32 = all().map(|member| member.features.numbers).sum();
        if numbers * 10 > words {
            confidence *= 0.4;
        }
        if words > 400 * count as u32 {
            confidence *= 0.7;
        }
        confidence.min(0.9)
    }

    /// The one source that all of them are from, where it has little else and others have the rest.
    pub(crate) fn is_of_one_source(&self, members: &[Member<'_>]) -> bool {
        let all = || self.members.iter().filter_map(|at| members.get(*at));
        let Some(source) = all().next().and_then(|first| first.source) else {
            return false;
        };
        let others = members
            .iter()
            .filter(|member| member.source.is_some_and(|other| other != source));
        all().all(|member| member.source == Some(source)) && others.count() >= 2
    }
}

/// Whether all are there and the same.
fn same(mut all: impl Iterator<Item = Option<String>>) -> bool {
    let Some(Some(first)) = all.next() else {
        return false;
    };
    all.all(|other| other.as_ref() == Some(&first))
}

/// A name without what tells editions and pieces apart: `manual-v2.pdf#3` is of `manual-v.pdf#`.
fn family(name: Option<&str>) -> Option<String> {
    let letters: String = name?
        .chars()
        .filter(|character| !character.is_numeric())
        .collect();
    (letters
        .chars()
        .filter(|character| character.is_alphabetic())
        .count()
        > 3)
    .then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::features;
    use crate::words::Words;

    fn member<'a>(place: usize, text: &str, name: &'a str, source: &'a str) -> Member<'a> {
        Member {
            place,
            record: None,
            name: Some(name),
            source: Some(source),
            features: features(text, &Words::new()),
            echoes: false,
        }
    }

    const CLAIM: &str = "The harbour gate opens at nine in the evening, as the port authority said \
        in its latest notice to all owners of boats.";

    #[test]
    fn copies_make_a_cluster_and_editions_count_less() {
        let varied = CLAIM.replace("latest", "newest");
        let other =
            "Ropes are sold at the shed behind the crane, by length and by strength, on weekdays.";
        let make = |names: [&'static str; 3]| {
            vec![
                member(0, CLAIM, names[0], "a"),
                member(1, &varied, names[1], "b"),
                member(2, CLAIM, names[2], "c"),
                member(3, other, "ropes", "d"),
            ]
        };
        let members = make(["tides", "locks", "gates"]);
        let found = clusters(&members);
        assert_eq!(found[0].members, [0, 1, 2]);
        let sure = found[0].confidence(&members, sizes(&members));
        assert!(sure >= 0.6, "{sure}");
        let members = make(["manual-v1", "manual-v2", "manual-v3"]);
        let found = clusters(&members);
        let sure = found[0].confidence(&members, sizes(&members));
        assert!(sure < 0.4, "{sure}");
    }

    #[test]
    fn one_source_is_seen_among_others() {
        let varied = CLAIM.replace("latest", "newest");
        let members = vec![
            member(0, CLAIM, "one", "x"),
            member(1, &varied, "two", "x"),
            member(2, CLAIM, "three", "x"),
            member(3, "Ropes are sold behind the crane.", "ropes", "d"),
            member(4, "Tugs leave at dawn.", "tugs", "e"),
        ];
        assert!(clusters(&members)[0].is_of_one_source(&members));
        assert!(!clusters(&members[..3])[0].is_of_one_source(&members[..3]));
    }
}
