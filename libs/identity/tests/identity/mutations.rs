//! Honest tokens with a few bytes changed: none is believed.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::issuer::Issuer;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";

#[tokio::test]
async fn no_mutation_of_a_token_is_believed() {
    let issuer = Issuer::start().await;
    let (verifier, good) = (issuer.verifier(), issuer.good());
    verifier.verify(&good).await.unwrap();
    let mut random = StdRng::seed_from_u64(4);
    for _ in 0..20_000 {
        let mutated = mutate(&good, &mut random);
        if mutated != good {
            assert!(verifier.verify(&mutated).await.is_err(), "{mutated}");
        }
    }
    assert_eq!(issuer.fetches(), 1);
}

fn mutate(token: &str, random: &mut StdRng) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(0..bytes.len());
        let letter = ALPHABET[random.random_range(0..ALPHABET.len())];
        match random.random_range(0..3) {
            0 => bytes[at] = letter,
            1 => bytes.insert(at, letter),
            _ => drop(bytes.remove(at)),
        }
    }
    String::from_utf8(bytes).unwrap()
}
