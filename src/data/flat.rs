//! A validation part without class folders, as ImageNet's archive has it, and the list that says each
//! image's class.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::classes::natural;
use super::{DataError, Wanted};

/// The list's name where the settings give none.
const LIST: &str = "val_labels.txt";

/// A part without class folders.
pub(super) struct Part<'a> {
    /// The data folder.
    pub dir: &'a Path,
    /// What the part is called in it.
    pub called: &'static str,
    /// The names of its images, in order.
    pub names: &'a [&'a Path],
}

impl Part<'_> {
    /// The list that says each image's class: it holds a line an image, its class, as the training part calls it, in the
    /// order of the names; or its file's name and the class, in any order.
    ///
    /// # Errors
    /// There is none, it has another length, or it does not name the images. Every error names the list and its line.
    pub fn list(&self, wanted: &Wanted) -> Result<List, DataError> {
        let file = wanted.val_labels.clone();
        let file = file.unwrap_or_else(|| self.dir.join(LIST));
        let text = std::fs::read_to_string(&file).map_err(|error| self.no_list(&file, &error))?;
        let text = Text {
            file: &file,
            text: &text,
            part: self.called,
        };
        let lines = text.classes(self.names)?.into_iter();
        let lines = lines.map(|(line, class)| (line, class.to_owned()));
        Ok(List {
            lines: lines.collect(),
            file,
        })
    }

    fn no_list(&self, list: &Path, error: &std::io::Error) -> DataError {
        let what = format!(
            "cannot be read ({error}): `{}` holds {} images and no class folder, so this list must say each one's \
             class (`DATASET.VAL_LABELS`): a line an image, `CLASS` in the order of the names or `FILE CLASS`",
            self.called,
            self.names.len()
        );
        DataError::new(list, what)
    }
}

/// The list that says each image's class.
pub(super) struct List {
    /// Its file.
    pub file: PathBuf,
    /// Line and class of every image, in the order of the images.
    lines: Vec<(usize, String)>,
}

impl List {
    /// Which of the images are tested, and the class of each. With a class map images of classes that it leaves out are left
    /// out too.
    ///
    /// # Errors
    /// It names what is no class, or no image of a class. Every error names the list and its line.
    pub fn classes(
        &self,
        class_names: &[String],
        wanted: &Wanted,
    ) -> Result<(Vec<usize>, Vec<u32>), DataError> {
        let by_name: BTreeMap<&str, u32> = class_names
            .iter()
            .zip(0..)
            .map(|(name, class)| (name.as_str(), class))
            .collect();
        let (mut chosen, mut labels) = (Vec::new(), Vec::new());
        for (at, (line, class)) in self.lines.iter().enumerate() {
            match by_name.get(class.as_str()) {
                Some(&label) => {
                    chosen.push(at);
                    labels.push(label);
                }
                None if wanted.class_map.is_some() => {}
                None => {
                    let example = class_names.first().map_or("n01440764", String::as_str);
                    let what = format!(
                        "line {line}: `{class}` is no class: write its name, such as `{example}`"
                    );
                    return Err(DataError::new(&self.file, what));
                }
            }
        }
        require_every_class(&self.file, &labels, class_names)?;
        Ok((chosen, labels))
    }

    /// The classes that it names, in the order of folders that are called so.
    pub fn class_names(&self) -> Vec<String> {
        let classes: BTreeSet<&String> = self.lines.iter().map(|(_, class)| class).collect();
        let mut names: Vec<String> = classes.into_iter().cloned().collect();
        names.sort_by_cached_key(|name| natural(name));
        names
    }
}

fn require_every_class(list: &Path, labels: &[u32], names: &[String]) -> Result<(), DataError> {
    let mut named = vec![false; names.len()];
    for &label in labels {
        named[label as usize] = true;
    }
    let missing = named.iter().position(|&named| !named);
    missing.map_or(Ok(()), |class| {
        let what = format!("names no image of class `{}`", names[class]);
        Err(DataError::new(list, what))
    })
}

/// The text of a list.
struct Text<'a> {
    file: &'a Path,
    text: &'a str,
    /// What the part of the images is called.
    part: &'static str,
}

impl<'a> Text<'a> {
    /// Line and class of every image, in the order of `names`.
    fn classes(&self, names: &[&Path]) -> Result<Vec<(usize, &'a str)>, DataError> {
        let lines = self.text.trim_end().lines().zip(1..);
        let lines: Vec<(usize, Vec<&str>)> = lines
            .map(|(line, number)| (number, line.split_whitespace().collect()))
            .collect();
        if lines.len() != names.len() {
            let what = format!(
                "holds {} lines for the {} images of `{}`",
                lines.len(),
                names.len(),
                self.part
            );
            return Err(self.refuse(what));
        }
        match lines.first() {
            Some((_, words)) if words.len() == 2 => self.by_file(&lines, names),
            _ => self.in_order(&lines),
        }
    }

    fn in_order(
        &self,
        lines: &[(usize, Vec<&'a str>)],
    ) -> Result<Vec<(usize, &'a str)>, DataError> {
        let class = |(line, words): &(usize, Vec<&'a str>)| match words[..] {
            [class] => Ok((*line, class)),
            _ => Err(self.refuse(format!("line {line} is not one class"))),
        };
        lines.iter().map(class).collect()
    }

    fn by_file(
        &self,
        lines: &[(usize, Vec<&'a str>)],
        names: &[&Path],
    ) -> Result<Vec<(usize, &'a str)>, DataError> {
        let mut classes = BTreeMap::new();
        for (line, words) in lines {
            let [file, class] = words[..] else {
                return Err(self.refuse(format!("line {line} is not a file and its class")));
            };
            if classes.insert(file, (*line, class)).is_some() {
                return Err(self.refuse(format!("line {line}: `{file}` is there twice")));
            }
        }
        let class = |name: &Path| {
            let name = name.to_string_lossy();
            let found = classes.get(&*name).copied();
            let part = self.part.trim_end_matches('/');
            found.ok_or_else(|| self.refuse(format!("does not name `{part}/{name}`")))
        };
        names.iter().map(|name| class(name)).collect()
    }

    fn refuse(&self, what: String) -> DataError {
        DataError::new(self.file, what)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::testing::{fixture_image, wanted_folder};
    use crate::data::{Data, Part};

    /// Three classes with a training image each; `val` holds four images and no folder.
    fn folder() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for class in ["ant", "bee", "cow"] {
            let into = root.path().join("train").join(class);
            fs::create_dir_all(&into).unwrap();
            fs::copy(fixture_image("baseline.jpg"), into.join("1.jpg")).unwrap();
        }
        fs::create_dir(root.path().join("val")).unwrap();
        for name in ["val_1.JPEG", "val_2.JPEG", "val_9.JPEG", "val_10.JPEG"] {
            let file = root.path().join("val").join(name);
            fs::copy(fixture_image("baseline.jpg"), file).unwrap();
        }
        root
    }

    fn wanted(classes: usize) -> Wanted {
        Wanted {
            classes,
            ..wanted_folder()
        }
    }

    fn tested(part: &Part) -> Vec<(String, u32)> {
        let file = |index: &usize| {
            let name = part.set.name_of(*index);
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            (name, part.set.labels[*index])
        };
        part.indices.iter().map(file).collect()
    }

    fn expected(pairs: [(&str, u32); 4]) -> Vec<(String, u32)> {
        pairs.map(|(name, class)| (name.to_owned(), class)).into()
    }

    #[test]
    fn a_list_in_the_order_of_the_names_or_by_name_says_each_images_class() {
        let root = folder();
        let list = root.path().join("val_labels.txt");
        let test = || tested(&Data::load(root.path(), &wanted(3)).unwrap().test);
        // `val_9` comes before `val_10`.
        let order = [
            ("val_1.JPEG", 2),
            ("val_2.JPEG", 0),
            ("val_9.JPEG", 1),
            ("val_10.JPEG", 1),
        ];
        fs::write(&list, "cow\nant\nbee\nbee\n").unwrap();
        assert!(Data::load(root.path(), &wanted(3)).unwrap().is_listed());
        assert_eq!(test(), expected(order));
        let by_name = "val_10.JPEG bee\nval_9.JPEG bee\nval_1.JPEG cow\nval_2.JPEG ant\n";
        fs::write(&list, by_name).unwrap();
        assert_eq!(test(), expected(order));
    }

    #[test]
    fn a_class_map_orders_the_classes_and_leaves_others_out_everywhere() {
        let root = folder();
        fs::write(root.path().join("val_labels.txt"), "cow\nant\nbee\nbee\n").unwrap();
        let map = root.path().join("map.txt");
        let load = |text: &str, classes| {
            fs::write(&map, text).unwrap();
            let wanted = Wanted {
                class_map: Some(map.clone()),
                ..wanted(classes)
            };
            Data::load(root.path(), &wanted)
        };
        let data = load("cow\nbee\n", 2).unwrap();
        assert_eq!(data.train.set.class_names, ["cow", "bee"]);
        assert_eq!(data.train.set.labels, [0, 1]);
        let test = tested(&data.test);
        let names: Vec<&str> = test.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["val_1.JPEG", "val_9.JPEG", "val_10.JPEG"]);
        assert_eq!(data.test.set.labels, [0, 1, 1]);
        for (text, classes, what) in [
            (
                "cow\nbee\n",
                3,
                "holds 2 folder(s) that the class map lists, the space has 3 classes",
            ),
            ("cow\ncow\n", 2, "map.txt: line 2: `cow` is there twice"),
            (
                "cow\ndog\n",
                2,
                "map.txt: line 2: `dog` is no folder in `train/`",
            ),
        ] {
            let error = load(text, classes).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn a_wrong_list_is_named_with_its_line() {
        let root = folder();
        let list = root.path().join("val_labels.txt");
        let refusal = || Data::load(root.path(), &wanted(3)).unwrap_err().to_string();
        assert!(
            refusal().contains("`val/` holds 4 images and no class folder"),
            "{}",
            refusal()
        );
        for (text, what) in [
            (
                "cow\nant\nbee\n",
                "holds 3 lines for the 4 images of `val/`",
            ),
            (
                "cow\nant\nbee\n3\n",
                "line 4: `3` is no class: write its name, such as `ant`",
            ),
            ("cow\nant\nbee bee\nbee\n", "line 3 is not one class"),
            ("cow\nant\nant\nant\n", "names no image of class `bee`"),
            (
                "val_1.JPEG cow\nval_1.JPEG ant\nval_2.JPEG bee\nval_9.JPEG bee\n",
                "line 2: `val_1.JPEG` is there twice",
            ),
            (
                "val_1.JPEG cow\nval_3.JPEG ant\nval_2.JPEG bee\nval_9.JPEG bee\n",
                "does not name `val/val_10.JPEG`",
            ),
            (
                "val_1.JPEG cow\nant\nval_2.JPEG bee\nval_9.JPEG bee\n",
                "line 2 is not a file and its class",
            ),
        ] {
            fs::write(&list, text).unwrap();
            assert!(refusal().contains(what), "{text}: {}", refusal());
        }
    }
}
