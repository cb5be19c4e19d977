//! Names of classes, in a file of their own.

use std::path::Path;

use super::DataError;

/// The names in `file`, one a line, in the order of the classes. Spaces around a name and empty
/// lines at the end do not count.
///
/// # Errors
/// The file cannot be read, holds no name, or has an empty line between names.
pub fn class_names(file: &Path) -> Result<Vec<String>, DataError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        DataError::new(
            file,
            format!("the names of classes cannot be read: {error}"),
        )
    })?;
    let lines = without_mark(&text).trim_end().lines();
    let names: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    match names.iter().position(String::is_empty) {
        Some(at) => {
            let what = format!("line {} holds no name of a class", at + 1);
            Err(DataError::new(file, what))
        }
        None if names.is_empty() => Err(DataError::new(file, "holds no name of a class")),
        None => Ok(names),
    }
}

/// A text without the mark that some editors put at its start.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("names.txt");
        std::fs::write(&file, text).unwrap();
        class_names(&file).map_err(|error| error.what)
    }

    #[test]
    fn a_line_is_a_name_and_an_empty_one_between_names_is_refused() {
        let names = read("tabby cat\r\n  dog \n\n").unwrap();
        assert_eq!(names, ["tabby cat", "dog"]);
        assert_eq!(read("\u{feff}tabby\n").unwrap(), ["tabby"]);
        assert_eq!(
            read("a\n\nb\n").unwrap_err(),
            "line 2 holds no name of a class"
        );
        assert_eq!(read("\n \n").unwrap_err(), "holds no name of a class");
    }
}
