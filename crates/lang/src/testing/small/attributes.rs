//! Attributes of operators: fixed, searched, followed or left out.

use rand::Rng;

use super::{Piece, Place, Writer};

/// An attribute as it may be written, with the number of its values.
type Form = (&'static str, u32);

impl<R: Rng> Writer<'_, R> {
    /// An attribute that follows a choice, if there is one, is left out, if it has a default, or has one of some forms.
    fn attribute(&mut self, name: &str, followed: [&'static str; 2], forms: &[Form]) -> Piece {
        let [choice, following] = followed;
        if self.has_choice(choice) && self.chance(0.5) {
            let values = match choice {
                "early" => self.known.early,
                _ => 2,
            };
            return Piece::new(following, values);
        }
        if self.known.defaults.contains(&name) && self.chance(0.5) {
            return Piece::new("", 1);
        }
        let (text, values) = self.one_of(forms);
        Piece::new(text, values)
    }

    pub(super) fn kernel(&mut self) -> Piece {
        self.attribute(
            "kernel",
            ["early", "kernel = early"],
            &[
                ("kernel = 3", 1),
                ("kernel = three", 1),
                ("kernel in {1, 3}", 2),
                ("kernel in 1..3 step 2", 2),
                ("kernel in kernels", 2),
                ("kernel in dots", 2),
            ],
        )
    }

    pub(super) fn expand(&mut self) -> Piece {
        self.attribute(
            "expand",
            ["wide", "expand = wide"],
            &[
                ("expand = 2", 1),
                ("expand = 4", 1),
                ("expand in {1, 1.5}", 2),
                ("expand in 1..2 step 0.5", 3),
            ],
        )
    }

    pub(super) fn se(&mut self) -> Piece {
        self.attribute(
            "se",
            ["squeezed", "se = squeezed"],
            &[
                ("", 1),
                ("se = 0.25", 1),
                ("se = squeeze", 1),
                ("se in {0, 0.5}", 2),
            ],
        )
    }

    pub(super) fn ratio(&mut self) -> Piece {
        self.attribute(
            "ratio",
            ["squeezed", "ratio = squeezed"],
            &[
                ("", 1),
                ("ratio = squeeze", 1),
                ("ratio in {0.25, 1}", 2),
                ("ratio in 0.5..1 step 0.5", 2),
            ],
        )
    }

    /// What divides both widths.
    pub(super) fn groups(&mut self, place: &Place) -> Piece {
        if !place.is_divided_by(2) || self.chance(0.6) {
            return Piece::new("", 1);
        }
        let forms: &[Form] = match place.is_divided_by(4) {
            true => &[
                ("groups = 4", 1),
                ("groups = halves", 1),
                ("groups in {1, 2}", 2),
                ("groups in {2, 4}", 2),
            ],
            false => &[("groups = 2", 1), ("groups in {1, 2}", 2)],
        };
        self.attribute("groups", ["few", "groups = few"], forms)
    }

    pub(super) fn act(&mut self) -> Piece {
        self.attribute(
            "act",
            ["bend", "act = bend"],
            &[
                ("", 1),
                ("", 1),
                ("", 1),
                ("act = relu6", 1),
                ("act = bent", 1),
                ("act = none", 1),
                ("act in {relu, none}", 2),
                ("act in {sigmoid, hsigmoid}", 2),
            ],
        )
    }

    pub(super) fn norm(&mut self) -> Piece {
        self.attribute(
            "norm",
            ["normed", "norm = normed"],
            &[
                ("", 1),
                ("", 1),
                ("", 1),
                ("norm = none", 1),
                ("norm = layer", 1),
                ("norm = kind", 1),
                ("norm in {batch, layer}", 2),
            ],
        )
    }

    pub(super) fn padding(&mut self) -> Piece {
        let forms = [
            ("", 1),
            ("", 1),
            ("", 1),
            ("padding = same", 1),
            ("padding in {symmetric, same}", 2),
        ];
        self.attribute("padding", ["", ""], &forms)
    }
}
