//! Numbers in text that are read back as exactly what they were.

use serde::{Deserialize, Serialize};

/// A number that JSON keeps to its last bit, and that may be no number at all.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Exact(pub f64);

impl From<Exact> for String {
    fn from(exact: Exact) -> String {
        // The shortest text that reads back as the same number.
        format!("{:?}", exact.0)
    }
}

impl TryFrom<String> for Exact {
    type Error = String;

    fn try_from(text: String) -> Result<Exact, String> {
        text.parse()
            .map(Exact)
            .map_err(|_| format!("`{text}` is no number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_to_the_last_bit() {
        for number in [0.1 + 0.2, -0.0, 1e-310, f64::MAX, f64::INFINITY, 5.0] {
            let text = serde_json::to_string(&Exact(number)).unwrap();
            let back: Exact = serde_json::from_str(&text).unwrap();
            assert_eq!(back.0.to_bits(), number.to_bits(), "{text}");
        }
        let nan = serde_json::to_string(&Exact(f64::NAN)).unwrap();
        assert!(serde_json::from_str::<Exact>(&nan).unwrap().0.is_nan());
        assert!(serde_json::from_str::<Exact>("\"one\"").is_err());
    }
}
