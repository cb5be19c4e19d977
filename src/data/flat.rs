//! A validation part without class folders, as ImageNet's archive has it, and the list that says each
//! image's class.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::classes::natural;
use super::files::is_image;
use super::names::without_mark;
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
    /// order of the names; or its file's name, a space and the class, in any order.
    ///
    /// # Errors
    /// There is none, it has another length, or it does not name the images. Every error names the list and its line.
    pub fn list(&self, wanted: &Wanted) -> Result<List, DataError> {
        let file = wanted.val_labels.clone();
        let file = file.unwrap_or_else(|| self.dir.join(LIST));
        let text = std::fs::read_to_string(&file).map_err(|error| self.no_list(&file, &error))?;
        let text = Text {
            file: &file,
            text: without_mark(&text),
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
        if self.counts_classes(class_names) {
            return Err(self.no_numbers());
        }
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
    ///
    /// # Errors
    /// They are ILSVRC's own numbers, which say no order of folders, and no class map says one.
    pub fn class_names(&self, wanted: &Wanted) -> Result<Vec<String>, DataError> {
        let classes: BTreeSet<&String> = self.lines.iter().map(|(_, class)| class).collect();
        let mut names: Vec<String> = classes.into_iter().cloned().collect();
        names.sort_by_cached_key(|name| natural(name));
        let is_ilsvrc = (1..=ILSVRC)
            .map(|number: usize| number.to_string())
            .eq(names.iter().cloned());
        match is_ilsvrc && wanted.class_map.is_none() {
            true => Err(self.no_numbers()),
            false => Ok(names),
        }
    }

    /// Whether it holds numbers where classes have names.
    fn counts_classes(&self, class_names: &[String]) -> bool {
        self.lines.iter().all(|(_, class)| is_number(class))
            && !class_names.iter().any(|name| is_number(name))
    }

    fn no_numbers(&self) -> DataError {
        let what = "holds numbers instead of the names of classes: write the name of each image's class, such as `n01440764`. \
                    `ILSVRC2012_validation_ground_truth.txt` counts classes in an order of its own, which is not that of their \
                    names: `meta.mat` beside it says the name (`WNID`) of each number (`ILSVRC2012_ID`). Where the numbers are what your classes are called, list them in a \
                    file in the order that you mean and name it in DATASET.CLASS_MAP";
        DataError::new(&self.file, what)
    }
}

/// Classes of ILSVRC.
const ILSVRC: usize = 1000;

fn is_number(class: &str) -> bool {
    !class.is_empty() && class.bytes().all(|byte| byte.is_ascii_digit())
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
    /// Line and class of every image, in the order of `names`. Where a line begins with the name of an image and a space, all
    /// must, and the class is what follows; else a whole line is one. Either may hold spaces.
    fn classes(&self, names: &[&Path]) -> Result<Vec<(usize, &'a str)>, DataError> {
        let lines: Vec<&str> = self.text.trim_end().lines().map(str::trim).collect();
        if lines.len() != names.len() {
            let what = format!(
                "holds {} lines for the {} images of `{}`",
                lines.len(),
                names.len(),
                self.part
            );
            return Err(self.refuse(what));
        }
        let images = Named::new(names);
        match lines.iter().any(|line| images.split(line).is_some()) {
            true => self.by_file(&lines, &images),
            false => {
                self.refuse_other_images(&lines, names)?;
                self.in_order(&lines)
            }
        }
    }

    /// Refuses a list whose lines all begin with the name of an image, of which the part has none.
    fn refuse_other_images(&self, lines: &[&str], names: &[&Path]) -> Result<(), DataError> {
        let image = |line: &&str| -> Option<String> {
            let (first, rest) = line.split_once(|end: char| end.is_whitespace() || end == ',')?;
            (is_image(Path::new(first)) && !rest.trim().is_empty()).then(|| first.to_owned())
        };
        let mut found = lines.iter().map(image);
        let Some(Some(first)) = found.next() else {
            return Ok(());
        };
        if found.any(|image| image.is_none()) {
            return Ok(());
        }
        let example = names
            .first()
            .map_or_else(String::new, |name| name.display().to_string());
        Err(self.refuse(format!(
            "line 1: `{first}` is no image of `{}`: write the names of its files as they are, such as `{example}`, then a space and \
             the class",
            self.part
        )))
    }

    fn in_order(&self, lines: &[&'a str]) -> Result<Vec<(usize, &'a str)>, DataError> {
        let class = |(line, class): (usize, &&'a str)| match class.is_empty() {
            false => Ok((line, *class)),
            true => Err(self.refuse(format!("line {line} holds no class"))),
        };
        (1..).zip(lines).map(class).collect()
    }

    fn by_file(
        &self,
        lines: &[&'a str],
        images: &Named,
    ) -> Result<Vec<(usize, &'a str)>, DataError> {
        let mut classes = vec![(0, ""); lines.len()];
        for (number, line) in (1..).zip(lines) {
            let Some((image, class)) = images.split(line) else {
                let what = format!(
                    "line {number} is not the name of an image of `{}`, a space and its class, as others are",
                    self.part
                );
                return Err(self.refuse(what));
            };
            if classes[image].0 > 0 {
                let file = line[..line.len() - class.len()].trim_end();
                return Err(self.refuse(format!("line {number}: `{file}` is there twice")));
            }
            classes[image] = (number, class);
        }
        // As many lines as images, and none twice: every image has its class. (Two images whose names are one as text
        // are named twice.)
        Ok(classes)
    }

    fn refuse(&self, what: String) -> DataError {
        DataError::new(self.file, what)
    }
}

/// The images of a part by their names.
struct Named {
    places: BTreeMap<String, usize>,
    /// Bytes of the longest name.
    longest: usize,
}

impl Named {
    fn new(names: &[&Path]) -> Named {
        let text = |name: &&Path| name.to_string_lossy().into_owned();
        let places: BTreeMap<String, usize> = names.iter().map(text).zip(0..).collect();
        let longest = places.keys().map(String::len).max().unwrap_or(0);
        Named { places, longest }
    }

    /// The image whose name a line begins with, and the class behind it. Of several the longest: names may hold spaces.
    fn split<'a>(&self, line: &'a str) -> Option<(usize, &'a str)> {
        let spaces = line.match_indices(char::is_whitespace);
        let ends = spaces.map(|(at, _)| at);
        let ends = ends.take_while(|&at| at <= self.longest);
        let found = ends.filter_map(|at| Some((*self.places.get(&line[..at])?, line[at..].trim())));
        found.last()
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
    fn a_list_of_other_images_is_refused_by_the_first() {
        let root = folder();
        let list = root.path().join("val_labels.txt");
        let forms = [
            ["val/val_1.JPEG ", "ant"],
            ["val_1.jpg ", "ant"],
            ["val_1.JPEG,", "ant"],
        ];
        for [image, class] in forms {
            let lines = format!("{image}{class}\n").repeat(4);
            fs::write(&list, lines).unwrap();
            let error = Data::load(root.path(), &wanted(3)).unwrap_err().to_string();
            let first = image.trim_end_matches([' ', ',']);
            assert!(
                error.contains(&format!("line 1: `{first}` is no image of `val/`"))
                    && error.contains("such as `val_1.JPEG`"),
                "{error}"
            );
        }
    }

    #[test]
    fn names_of_classes_and_of_images_may_hold_spaces() {
        let root = folder();
        let rename = |from: &str, to: &str| {
            fs::rename(root.path().join(from), root.path().join(to)).unwrap();
        };
        rename("train/bee", "train/honey bee");
        rename("train/cow", "train/cow  2.JPEG");
        rename("val/val_1.JPEG", "val/val 1.JPEG");
        let list = root.path().join("val_labels.txt");
        let order = [
            ("val 1.JPEG", 1),
            ("val_2.JPEG", 0),
            ("val_9.JPEG", 2),
            ("val_10.JPEG", 1),
        ];
        for text in [
            // As some editors mark a text.
            "\u{feff}cow  2.JPEG\nant\n honey bee \r\ncow  2.JPEG\n",
            "val_10.JPEG cow  2.JPEG\nval_9.JPEG  honey bee\nval 1.JPEG\tcow  2.JPEG\nval_2.JPEG ant\n",
        ] {
            fs::write(&list, text).unwrap();
            let data = Data::load(root.path(), &wanted(3)).unwrap();
            assert_eq!(
                data.train.set.class_names,
                ["ant", "cow  2.JPEG", "honey bee"]
            );
            assert_eq!(tested(&data.test), expected(order), "{text}");
        }
    }

    #[test]
    fn the_numbers_of_ilsvrc_are_no_names_of_a_lone_val() {
        let list = |count: usize| List {
            file: "val_labels.txt".into(),
            lines: (1..=count).map(|at| (at, at.to_string())).collect(),
        };
        let alone = wanted(1000);
        let refused = list(1000).class_names(&alone).unwrap_err().to_string();
        assert!(refused.contains("`meta.mat`"), "{refused}");
        let mapped = Wanted {
            class_map: Some("map.txt".into()),
            ..wanted(1000)
        };
        assert_eq!(list(1000).class_names(&mapped).unwrap().len(), 1000);
        assert_eq!(list(10).class_names(&alone).unwrap()[9], "10");
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
            ("cow\nant\nbee bee\nbee\n", "line 3: `bee bee` is no class"),
            ("cow\n\nbee\nbee\n", "line 2 holds no class"),
            (
                "3\n1\n2\n2\n",
                "holds numbers instead of the names of classes",
            ),
            ("cow\nant\nant\nant\n", "names no image of class `bee`"),
            (
                "val_1.JPEG cow\nval_1.JPEG ant\nval_2.JPEG bee\nval_9.JPEG bee\n",
                "line 2: `val_1.JPEG` is there twice",
            ),
            (
                "val_1.JPEG cow\nval_3.JPEG ant\nval_2.JPEG bee\nval_9.JPEG bee\n",
                "line 2 is not the name of an image of `val/`",
            ),
            (
                "val_1.JPEG cow\nant\nval_2.JPEG bee\nval_9.JPEG bee\n",
                "line 2 is not the name of an image of `val/`, a space and its class",
            ),
        ] {
            fs::write(&list, text).unwrap();
            assert!(refusal().contains(what), "{text}: {}", refusal());
        }
    }
}
