//! A file that all ranks read, though another may become the newest in between.

use std::path::{Path, PathBuf};

use super::Error;
use crate::checkpoint::{self, Contents};
use crate::ranks::Ranks;

/// What rank 0 finds, read by every rank: it tells the others under `key` the name of its file in `folder`.
///
/// # Errors
/// When rank 0 finds none or another cannot read the same one, or a rank is lost.
pub fn same_file(
    ranks: &Ranks,
    key: &str,
    folder: &Path,
    find: impl FnOnce() -> Result<(PathBuf, Contents), Error>,
) -> Result<(PathBuf, Contents), Error> {
    if ranks.is_first() {
        let (file, contents) = find()?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        ranks.text_of_first(key, Some(&name))?;
        return Ok((file, contents));
    }
    let file = folder.join(ranks.text_of_first(key, None)?);
    let contents = checkpoint::load(&file)?;
    Ok((file, contents))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::Tensor;

    use super::*;
    use crate::checkpoint::Store;
    use crate::nn::NamedTensor;
    use crate::ranks::testing::two;

    #[test]
    fn all_ranks_read_the_file_that_rank_0_finds_though_another_has_come() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), 2);
        for step in [1, 2] {
            let tensor = NamedTensor {
                name: "weight".into(),
                tensor: Tensor::from_slice(&[step as f32]),
            };
            store.save(step, &[tensor], &BTreeMap::new()).unwrap();
        }
        let found = two(|ranks| {
            let find = || {
                assert!(ranks.is_first(), "the others look for none");
                let file = store.path(1);
                let contents = checkpoint::load(&file)?;
                Ok((file, contents))
            };
            let (file, contents) = same_file(&ranks, "key", folder.path(), find).unwrap();
            ranks.leave(None);
            (file, contents.tensors["weight"].double_value(&[0]))
        });
        assert_eq!(found, [(store.path(1), 1.0), (store.path(1), 1.0)]);
    }
}
