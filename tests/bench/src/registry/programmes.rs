//! Programmes and people that nobody has: the same ones in every run. Some words are in thousands of names, most are in few.

use muster_proto::organization::v1::{LicenseStatus, ProgrammeAddress, ProgrammeRow, ProgrammeType};

/// How many there are.
pub(super) const COUNT: usize = 100_000;

const FIRST: [&str; 48] = [
    "Little",
    "Happy",
    "Bright",
    "Sunny",
    "Rainbow",
    "Tiny",
    "Busy",
    "Kids",
    "Growing",
    "Great",
    "First",
    "Creative",
    "Noah's",
    "Sunshine",
    "Lil",
    "Early",
    "Precious",
    "Tender",
    "Learning",
    "New",
    "Gentle",
    "Playful",
    "Wonder",
    "Golden",
    "Green",
    "Blue",
    "Silver",
    "Whispering",
    "Hidden",
    "Maple",
    "Oak",
    "Cedar",
    "Willow",
    "Pine",
    "Lakeside",
    "Riverside",
    "Hillside",
    "Northern",
    "Southern",
    "Eastern",
    "Western",
    "Grandma's",
    "Mother's",
    "Over the",
    "Saint Mary",
    "Trinity",
    "Bethany",
    "Montessori",
];
const SECOND: [&str; 48] = [
    "Stars",
    "Angels",
    "Beginnings",
    "Steps",
    "Hands",
    "Hearts",
    "Minds",
    "Bees",
    "Feet",
    "Explorers",
    "Learners",
    "Scholars",
    "Sprouts",
    "Seeds",
    "Blossoms",
    "Ducklings",
    "Bears",
    "Cubs",
    "Lambs",
    "Kittens",
    "Owls",
    "Friends",
    "Footprints",
    "Treasures",
    "Blessings",
    "Dreams",
    "Adventures",
    "Horizons",
    "Foundations",
    "Garden",
    "Meadow",
    "Forest",
    "Nest",
    "Treehouse",
    "Cottage",
    "Castle",
    "Ark",
    "Corner",
    "Station",
    "Junction",
    "Harbor",
    "Bridge",
    "Moon",
    "Years",
    "Tales",
    "Wagon",
    "Acorns",
    "Butterflies",
];
const SITES: [&str; 12] = [
    "Child Care Center",
    "Early Learning Center",
    "Preschool",
    "Daycare",
    "Academy",
    "Child Development Center",
    "Nursery School",
    "Learning Center",
    "Head Start",
    "Early Childhood Center",
    "Christian Preschool",
    "After School Program",
];
const HOMES: [&str; 4] = [
    "Family Child Care",
    "Group Child Care Home",
    "Home Daycare",
    "Family Day Care",
];
const GIVEN: [&str; 40] = [
    "Mary",
    "Patricia",
    "Jennifer",
    "Linda",
    "Elizabeth",
    "Barbara",
    "Susan",
    "Jessica",
    "Sarah",
    "Karen",
    "Lisa",
    "Nancy",
    "Betty",
    "Margaret",
    "Sandra",
    "Ashley",
    "Kimberly",
    "Emily",
    "Donna",
    "Michelle",
    "Carol",
    "Amanda",
    "Dorothy",
    "Melissa",
    "Deborah",
    "Stephanie",
    "Rebecca",
    "Sharon",
    "Laura",
    "Cynthia",
    "Fatima",
    "Guadalupe",
    "Aaliyah",
    "Mei",
    "Priya",
    "José",
    "Zoë",
    "Svetlana",
    "Nkechi",
    "Thi",
];
const SURNAMES: [&str; 40] = [
    "John", "William", "Anders", "Peter", "Kowal", "Nowak", "Mac", "Thomp", "Rodrigu", "Hernand", "Wash",
    "Jeffer", "Hamil", "Bal", "Carl", "Dani", "Erick", "Fergu", "Gustav", "Harri", "Iver", "Jacob", "Kauf",
    "Lind", "Morri", "Nich", "Oster", "Pater", "Robert", "Samuel", "Sven", "Torr", "Ul", "Van", "Wein",
    "Yoshi", "Zimmer", "Abdul", "Ben", "Stein",
];
const SURNAME_ENDS: [&str; 32] = [
    "son", "s", "sen", "ez", "ski", "berg", "man", "mann", "ton", "ley", "field", "ford", "ington", "wood",
    "worth", "well", "ham", "stein", "feld", "bach", "dottir", "oglu", "ian", "enko", "ov", "ova", "ino",
    "etti", "aux", "ard", "lin", "quist",
];
const TOWNS: [&str; 30] = [
    "Ann", "Grand", "Flint", "Lans", "Kalama", "Sagi", "Trav", "Wester", "Roches", "Farming", "Birming",
    "Plym", "Royal", "Battle", "Mus", "Port", "Hol", "Mid", "Adri", "Mon", "Petos", "Cadil", "Mar", "Esca",
    "Iron", "Hough", "Chebo", "Alp", "Lud", "Charle",
];
const TOWN_ENDS: [&str; 20] = [
    " Arbor", " Rapids", "ing", "zoo", "naw", "erse", "ville", "ter", "ton", "ham", "outh", " Oak", " Creek",
    "kegon", " Huron", "land", "burg", "roe", "key", "voix",
];
const STREETS: [&str; 16] = [
    "Main Street",
    "Oak Street",
    "Maple Avenue",
    "Church Street",
    "Second Street",
    "Park Road",
    "Washington Avenue",
    "Mill Road",
    "Lake Drive",
    "Elm Street",
    "Division Avenue",
    "State Road",
    "Cherry Lane",
    "Michigan Avenue",
    "School Street",
    "River Road",
];

/// One of them.
pub(super) fn programme(number: usize) -> ProgrammeRow {
    let mut draws = Draws::of(number);
    let town = city(&mut draws);
    let display_name = match draws.below(10) {
        0..3 => {
            let site = draws.one(&SITES);
            format!("{} {} {site}", draws.one(&FIRST), draws.one(&SECOND))
        }
        3..6 => format!("{} {}", person(&mut draws), draws.one(&HOMES)),
        6..8 => format!(
            "{}'s {} {}",
            surname(&mut draws),
            draws.one(&SECOND),
            draws.one(&SITES)
        ),
        _ => format!("{} {} {}", town, draws.one(&SECOND), draws.one(&SITES)),
    };
    let address = ProgrammeAddress {
        street_address: format!("{} {}", 1 + draws.any(9_999), draws.one(&STREETS)),
        city: town,
        region: "MI".to_owned(),
        postal_code: format!("48{:03}", draws.any(1_000)),
    };
    ProgrammeRow {
        licensing_authority: "us-mi".to_owned(),
        license_number: license_number(number),
        display_name,
        address: Some(address),
        r#type: ProgrammeType::DirectCare.into(),
        license_status: LicenseStatus::Active.into(),
    }
}

/// The number of its license. They neither begin alike in the order in which they come, nor end so.
pub(super) fn license_number(number: usize) -> String {
    format!("DC{:09}", (100_000_000 + number * 7_919) % 1_000_000_000)
}

/// Somebody who works somewhere.
pub(super) fn person_name(number: usize) -> String {
    person(&mut Draws::of(COUNT + number))
}

fn person(draws: &mut Draws) -> String {
    format!("{} {}", draws.one(&GIVEN), surname(draws))
}

fn surname(draws: &mut Draws) -> String {
    format!("{}{}", draws.one(&SURNAMES), draws.one(&SURNAME_ENDS))
}

fn city(draws: &mut Draws) -> String {
    format!("{}{}", draws.one(&TOWNS), draws.one(&TOWN_ENDS))
}

/// Draws that are the same in every run: the numbers of splitmix64.
struct Draws(u64);

impl Draws {
    fn of(seed: usize) -> Self {
        Self(seed as u64)
    }

    /// One of so many, each as often.
    fn any(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    /// One of so many, the first ones more often, as names are.
    fn below(&mut self, count: usize) -> usize {
        self.any(count).min(self.any(count))
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_programme_has_a_license_of_its_own() {
        let numbers: BTreeSet<_> = (0..COUNT).map(license_number).collect();
        assert_eq!(numbers.len(), COUNT);
    }

    #[test]
    fn names_are_of_the_length_that_is_taken() {
        for number in 0..1_000 {
            let row = programme(number);
            assert!((1..=120).contains(&row.display_name.chars().count()), "{row:?}");
            assert_eq!(row, programme(number));
        }
    }
}
