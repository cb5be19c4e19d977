//! What every rank says, told to all.

use tch::{Device, Kind, Tensor};

use super::{Ranks, RanksError};

impl Ranks {
    /// Every rank's text, in the order of ranks. All say theirs at the same place.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn texts(&self, own: &str) -> Result<Vec<String>, RanksError> {
        if self.is_without_group() {
            return Ok(vec![own.to_owned()]);
        }
        self.meets();
        let lengths = self.found(
            self.control
                .all_gather(&Tensor::from_slice(&[own.len() as i64])),
        )?;
        let lengths: Vec<i64> = lengths.iter().map(|one| one.int64_value(&[0])).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        if longest == 0 {
            return Ok(vec![String::new(); lengths.len()]);
        }
        // Tensors that are gathered are all of one length.
        let padded = Tensor::zeros([longest], (Kind::Uint8, Device::Cpu));
        let own = Tensor::from_slice(own.as_bytes());
        padded.narrow(0, 0, own.size()[0]).copy_(&own);
        let all = self.found(self.control.all_gather(&padded))?;
        let texts = all.iter().zip(lengths).map(|(bytes, length)| {
            let bytes = Vec::try_from(bytes.narrow(0, 0, length)).expect("bytes of one dimension");
            String::from_utf8(bytes).expect("ranks send text")
        });
        Ok(texts.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use creamc_torch::group::testing;

    use super::*;

    #[test]
    fn every_rank_hears_what_each_said() {
        let said = ["", "a/ä.jpg: no image", "b"];
        let heard = testing::ranks(3, |group| {
            let ranks = Ranks::of(Arc::new(group));
            let nothing = ranks.texts("").unwrap();
            (nothing, ranks.texts(said[ranks.rank()]).unwrap())
        });
        for (nothing, texts) in heard {
            assert_eq!(nothing, ["", "", ""]);
            assert_eq!(texts, said);
        }
        assert_eq!(Ranks::alone().texts("own").unwrap(), ["own"]);
    }
}
