//! `cargo xtask vsix`: the extension for VS Code as one file that can be installed.
//!
//! A `.vsix` is a zip with two files of its own beside the extension: one that names the types of
//! files, and a manifest that says again what `package.json` says.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Files of the extension: where they lie in the repository, and their names in `extension/`.
const FILES: [(&str, &str); 7] = [
    ("grammar/vscode/package.json", "package.json"),
    ("grammar/vscode/extension.js", "extension.js"),
    ("grammar/vscode/rpc.js", "rpc.js"),
    (
        "grammar/vscode/language-configuration.json",
        "language-configuration.json",
    ),
    ("grammar/vscode/README.md", "README.md"),
    (
        "grammar/cream.tmLanguage.json",
        "syntaxes/cream.tmLanguage.json",
    ),
    ("LICENSE", "LICENSE.txt"),
];

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".js" ContentType="application/javascript"/>
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".txt" ContentType="text/plain"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
"#;

/// Writes `target/creamc-VERSION.vsix` and says where it is.
///
/// # Errors
/// When a file of the extension is missing or the package cannot be written.
pub fn run(root: &Path) -> Result<()> {
    let package = package(root)?;
    let version = text(&package, "version")?;
    let path = root.join(format!("target/creamc-{version}.vsix"));
    fs::create_dir_all(root.join("target")).context("cannot make `target`")?;
    let file = File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
    pack(root, file)?;
    println!("{}", path.display());
    println!("install it: code --install-extension {}", path.display());
    Ok(())
}

fn pack(root: &Path, out: impl Write + Seek) -> Result<()> {
    let mut zip = ZipWriter::new(out);
    let manifest = manifest(&package(root)?)?;
    add(&mut zip, "[Content_Types].xml", CONTENT_TYPES.as_bytes())?;
    add(&mut zip, "extension.vsixmanifest", manifest.as_bytes())?;
    for (place, name) in FILES {
        let bytes = fs::read(root.join(place)).with_context(|| format!("cannot read `{place}`"))?;
        add(&mut zip, &format!("extension/{name}"), &bytes)?;
    }
    zip.finish().context("cannot end the package")?;
    Ok(())
}

fn add(zip: &mut ZipWriter<impl Write + Seek>, name: &str, bytes: &[u8]) -> Result<()> {
    // No time of day: the same files make the same package.
    let options = SimpleFileOptions::default();
    zip.start_file(name, options)
        .and_then(|()| Ok(zip.write_all(bytes)?))
        .with_context(|| format!("cannot pack `{name}`"))
}

fn package(root: &Path) -> Result<Value> {
    let path: PathBuf = root.join(FILES[0].0);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}`", path.display()))
}

fn text<'a>(package: &'a Value, field: &str) -> Result<&'a str> {
    let value = package[field].as_str();
    value.with_context(|| format!("`package.json` has no `{field}`"))
}

/// What `package.json` says, in the words of the marketplace.
fn manifest(package: &Value) -> Result<String> {
    let field = |name: &str| text(package, name).map(escaped);
    let engine = text(&package["engines"], "vscode").map(escaped)?;
    let categories: Vec<&str> = package["categories"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    Ok(format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="{name}" Version="{version}" Publisher="{publisher}"/>
    <DisplayName>{display_name}</DisplayName>
    <Description xml:space="preserve">{description}</Description>
    <Categories>{categories}</Categories>
    <License>extension/LICENSE.txt</License>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="{engine}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
"#,
        name = field("name")?,
        version = field("version")?,
        publisher = field("publisher")?,
        display_name = field("displayName")?,
        description = field("description")?,
        categories = escaped(&categories.join(",")),
    ))
}

fn escaped(text: &str) -> String {
    let marks = [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
    ];
    marks.iter().fold(text.to_owned(), |text, (mark, name)| {
        text.replace(mark, name)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::*;

    /// Every file of the package with its text.
    fn packed() -> BTreeMap<String, String> {
        let mut bytes = Cursor::new(Vec::new());
        pack(&crate::repository(), &mut bytes).expect("the extension can be packed");
        let mut zip = ZipArchive::new(bytes).expect("it is a zip");
        let mut files = BTreeMap::new();
        for at in 0..zip.len() {
            let mut file = zip.by_index(at).expect("it can be opened");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("it is text");
            let name = file.name().expect("a name is text").into_owned();
            files.insert(name, text);
        }
        files
    }

    fn json(files: &BTreeMap<String, String>, name: &str) -> Value {
        serde_json::from_str(&files[name]).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The values of every attribute of this name in an XML text.
    fn values<'a>(xml: &'a str, attribute: &str) -> Vec<&'a str> {
        let start = format!(" {attribute}=\"");
        let parts = xml.split(start.as_str()).skip(1);
        parts
            .map(|part| part.split('"').next().unwrap_or_default())
            .collect()
    }

    #[test]
    fn the_manifest_says_what_package_json_says() {
        let files = packed();
        let package = json(&files, "extension/package.json");
        let manifest = &files["extension.vsixmanifest"];
        let identity = ["Id", "Version", "Publisher"];
        let fields = ["name", "version", "publisher"].map(|name| package[name].as_str());
        let (_, element) = manifest
            .split_once("<Identity")
            .expect("it has an identity");
        assert_eq!(
            identity.map(|name| values(element, name).first().copied()),
            fields
        );
        let engine = package["engines"]["vscode"].as_str().expect("an engine");
        assert!(values(manifest, "Value").contains(&engine), "{manifest}");
        assert_eq!(
            package["version"],
            env!("CARGO_PKG_VERSION"),
            "versions go together"
        );
    }

    #[test]
    fn every_file_that_is_named_is_in_the_package() {
        let files = packed();
        let package = json(&files, "extension/package.json");
        let contributes = &package["contributes"];
        let named = [
            &package["main"],
            &contributes["languages"][0]["configuration"],
            &contributes["grammars"][0]["path"],
        ];
        for path in named {
            let path = path.as_str().expect("a path").trim_start_matches("./");
            assert!(
                files.contains_key(&format!("extension/{path}")),
                "no {path}"
            );
        }
        for path in values(&files["extension.vsixmanifest"], "Path") {
            assert!(files.contains_key(path), "no {path}");
        }
        // `require` of own files.
        for own in files["extension/extension.js"].split("require('./").skip(1) {
            let name = own.split('\'').next().expect("it ends");
            assert!(
                files.contains_key(&format!("extension/{name}.js")),
                "no {name}"
            );
        }
    }

    #[test]
    fn every_type_of_file_is_declared_and_every_json_is_json() {
        let files = packed();
        let types = values(CONTENT_TYPES, "Extension");
        for name in files.keys().filter(|name| *name != "[Content_Types].xml") {
            let (_, extension) = name.rsplit_once('.').expect("a file has a type");
            assert!(types.contains(&format!(".{extension}").as_str()), "{name}");
            if extension == "json" {
                json(&files, name);
            }
        }
        assert!(files.contains_key("[Content_Types].xml"));
    }

    #[test]
    fn the_language_and_its_grammar_belong_together() {
        let files = packed();
        let contributes = &json(&files, "extension/package.json")["contributes"];
        let grammar = json(&files, "extension/syntaxes/cream.tmLanguage.json");
        assert_eq!(
            contributes["grammars"][0]["scopeName"],
            grammar["scopeName"]
        );
        assert_eq!(
            contributes["grammars"][0]["language"],
            contributes["languages"][0]["id"]
        );
        assert_eq!(contributes["languages"][0]["extensions"][0], ".cream");
    }

    #[test]
    fn the_same_files_make_the_same_package() {
        let bytes = || {
            let mut bytes = Cursor::new(Vec::new());
            pack(&crate::repository(), &mut bytes).expect("the extension can be packed");
            bytes.into_inner()
        };
        assert_eq!(bytes(), bytes());
    }

    #[test]
    fn marks_of_xml_are_escaped() {
        assert_eq!(escaped("a < \"b\" & c"), "a &lt; &quot;b&quot; &amp; c");
    }
}
