//! Which network is meant: an arch of a file, a published one, or lists of indices.

use std::path::{Path, PathBuf};

use creamc_lang::arch::Arch;
use creamc_lang::plan::Plan;
use creamc_lang::source::{Files, ReadError};

use super::prepare::Source;
use super::{Error, RunOptions, Show};
use crate::config::{PUBLISHED, RetrainSettings, Selection};
use crate::run::Manifest;

/// The published networks and their space, as text; they belong to the program.
struct Shipped;

const SPACE_FILE: &str = "spaces/mobile.cream";

macro_rules! shipped {
    ($($file:literal),*) => {
        [$(($file, include_str!(concat!("../../", $file)))),*]
    };
}

const SHIPPED: [(&str, &str); PUBLISHED.len() + 1] = shipped![
    "spaces/mobile.cream",
    "spaces/published/14.cream",
    "spaces/published/43.cream",
    "spaces/published/114.cream",
    "spaces/published/287.cream",
    "spaces/published/481.cream",
    "spaces/published/604.cream"
];

impl Files for Shipped {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        let mut files = SHIPPED.iter();
        let found = files.find(|(file, _)| path == Path::new(file));
        let missing = || ReadError("it is not part of the program".to_owned());
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or_else(missing)
    }
}

/// What the command line says about the network.
#[derive(Debug, Clone, Default)]
pub struct NetworkOptions {
    /// The file that holds it, or its space; goes before the settings' selection.
    pub file: Option<PathBuf>,
    /// Which of the file's architectures; needed when there are several.
    pub arch: Option<String>,
    /// The number of classes instead of the file's and the settings'.
    pub classes: Option<u32>,
}

/// A network with all it was read from.
pub struct Chosen {
    /// The compiled file.
    pub source: Source,
    /// The architecture.
    pub arch: Arch,
    /// Its plan.
    pub plan: Plan,
    /// Whether the file names it; else lists of indices give it.
    pub named: bool,
}

impl Chosen {
    /// Finds the network that the command line or the settings mean.
    ///
    /// # Errors
    /// When neither names one, a file cannot be read or its text is wrong, or the lists of
    /// `INPUT_ARCH` do not fit the space.
    pub fn new(
        network: &NetworkOptions,
        settings: &RetrainSettings,
        run: &RunOptions,
    ) -> Result<Chosen, Error> {
        // A published network has no file of the user's that could contradict the settings.
        let classes = network.classes.or(set_classes(settings));
        let file = network.file.as_deref();
        let load = |file| Source::load_for(file, network.classes, &settings.train, run.show);
        let shipped = |file: &str| Source::of(&Shipped, Path::new(file), classes, run.show);
        match (&settings.selection, file) {
            (None, None) => Err(no_network()),
            (Some(Selection::Indices(lists)), Some(file)) if network.arch.is_none() => {
                let source = load(file)?;
                if source.has_archs() {
                    return Chosen::overruled("INPUT_ARCH", source, network, run);
                }
                let side = settings.image_size;
                Chosen::of_indices(source.without_bounds(), lists, side, run.warn)
            }
            (Some(selection), Some(file)) => {
                let setting = match selection {
                    Selection::Published(_) => "MODEL_SELECTION",
                    Selection::Indices(_) => "INPUT_ARCH",
                };
                Chosen::overruled(setting, load(file)?, network, run)
            }
            (None, Some(file)) => Chosen::of_arch(load(file)?, network.arch.as_deref()),
            (Some(Selection::Published(size)), None) => {
                let source = shipped(&format!("spaces/published/{size}.cream"))?;
                Chosen::of_arch(source.without_bounds(), Some(&published(*size)))
            }
            (Some(Selection::Indices(lists)), None) => {
                let side = settings.image_size.unwrap_or(ORIGINAL_SIDE);
                let source = shipped(SPACE_FILE)?;
                Chosen::of_indices(source.without_bounds(), lists, Some(side), run.warn)
            }
        }
    }

    /// Finds the network of a run again, from what its folder says.
    ///
    /// # Errors
    /// When its file cannot be read or was changed to one without the network.
    pub fn again(
        manifest: &Manifest,
        folder: &Path,
        settings: &RetrainSettings,
        show: Show,
    ) -> Result<Chosen, Error> {
        let classes = manifest.classes.or(set_classes(settings));
        let source = Source::load(&folder.join(&manifest.file), classes, show)?;
        match (&manifest.arch, &settings.selection) {
            (Some(name), Some(Selection::Published(size))) if *name == published(*size) => {
                Chosen::of_arch(source.without_bounds(), Some(name))
            }
            (None, Some(Selection::Indices(lists))) => {
                let side = manifest.resolution;
                Chosen::of_indices(source.without_bounds(), lists, side, |_| {})
            }
            (name, _) => Chosen::of_arch(source, name.as_deref()),
        }
    }

    /// The file of the command line, although the settings name a network too.
    fn overruled(
        setting: &str,
        source: Source,
        network: &NetworkOptions,
        run: &RunOptions,
    ) -> Result<Chosen, Error> {
        (run.warn)(&format!(
            "`{setting}` has no effect: the command line names a file"
        ));
        Chosen::of_arch(source, network.arch.as_deref())
    }

    fn of_arch(source: Source, name: Option<&str>) -> Result<Chosen, Error> {
        let (arch, plan) = source.plan_arch(name)?;
        Ok(Chosen {
            source,
            arch,
            plan,
            named: true,
        })
    }

    fn of_indices(
        mut source: Source,
        lists: &[Vec<u64>],
        side: Option<u32>,
        warn: fn(&str),
    ) -> Result<Chosen, Error> {
        let (found, plan) = source.plan_indices(lists, side)?;
        if let Some(warning) = found.warning {
            warn(&format!("`INPUT_ARCH`: {warning}"));
        }
        let arch = found.arch;
        Ok(Chosen {
            source,
            arch,
            plan,
            named: false,
        })
    }
}

/// The name of a published network.
fn published(size: u32) -> String {
    format!("cream_{size}")
}

fn set_classes(settings: &RetrainSettings) -> Option<u32> {
    settings.train.classes.as_ref().map(|classes| classes.count)
}

/// The original trains networks of `INPUT_ARCH` on images of this side.
const ORIGINAL_SIDE: u32 = 224;

fn no_network() -> Error {
    let sizes = PUBLISHED.map(|size| size.to_string()).join(", ");
    Error::Refused(format!(
        "no network: name a file that holds an arch, or set `MODEL_SELECTION` to a published one \
         ({sizes}) or to -1 with `INPUT_ARCH`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::run::RunFolder;
    use crate::train::DeviceChoice;
    use creamc_lang::arch::choices_text;

    fn options() -> RunOptions {
        RunOptions {
            ranks: crate::ranks::Ranks::alone(),
            config: None,
            data: None,
            out: None,
            device: DeviceChoice::Cpu,
            seed: None,
            set: Vec::new(),
            progress: false,
            warn: |_| {},
            show: |findings| panic!("{:?}", findings.diagnostics),
        }
    }

    fn choose(set: &[&str]) -> Result<Chosen, Error> {
        let set: Vec<String> = set.iter().map(|&one| one.to_owned()).collect();
        let settings = config::retrain(None, &set)?.settings;
        Chosen::new(&NetworkOptions::default(), &settings, &options())
    }

    #[test]
    fn every_published_network_has_the_published_costs_and_shows_no_warning() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/golden/published.json")).unwrap();
        let golden = golden.as_array().unwrap();
        assert_eq!(golden.len(), PUBLISHED.len());
        for (network, size) in golden.iter().zip(PUBLISHED) {
            let chosen = choose(&[&format!("MODEL_SELECTION={size}")]).unwrap();
            let cost = chosen.plan.cost(&chosen.arch.path);
            let costs = [cost.flops, cost.macs, cost.params];
            let expected = ["flops", "macs", "params"].map(|name| network[name].as_u64().unwrap());
            assert_eq!(costs, expected, "{size}");
            assert_eq!(u64::from(chosen.plan.resolution), network["resolution"]);
            let choices = chosen.arch.choices(&chosen.plan.ir).unwrap();
            let as_built = network["as_built"].to_string();
            assert_eq!(choices_text(&choices).replace(' ', ""), as_built);
        }
    }

    #[test]
    fn lists_of_indices_are_built_at_the_settings_side_or_the_originals() {
        let arch = "INPUT_ARCH=[[0], [3], [3, 3], [3, 1, 3], [3, 3, 3, 3], [3, 3, 3], [0]]";
        let chosen = choose(&["MODEL_SELECTION=-1", arch]).unwrap();
        assert_eq!(chosen.plan.resolution, 224);
        let chosen = choose(&["MODEL_SELECTION=-1", arch, "DATASET.IMAGE_SIZE=160"]).unwrap();
        assert_eq!(chosen.plan.resolution, 160);
    }

    #[test]
    fn the_network_of_a_run_is_found_again_from_its_folder() {
        let arch = "INPUT_ARCH=[[0], [3], [3, 3], [3, 1, 3], [3, 3, 3, 3], [3, 3, 3], [0]]";
        for set in [
            &["MODEL_SELECTION=43"][..],
            &["MODEL_SELECTION=-1", arch],
            &["MODEL_SELECTION=-1", arch, "DATASET.IMAGE_SIZE=160"],
        ] {
            let first = choose(set).unwrap();
            let out = tempfile::tempdir().unwrap();
            let folder = RunFolder::create(Some(out.path()), out.path(), "run").unwrap();
            let files = folder.copy_files(&first.source.files).unwrap();
            let manifest = Manifest {
                creamc: String::new(),
                libtorch: None,
                command: "retrain".to_owned(),
                arguments: Vec::new(),
                seed: 1,
                device: "cpu".to_owned(),
                threads: 1,
                file: files[0].clone(),
                arch: first.named.then(|| first.arch.name.clone()),
                classes: None,
                require: Vec::new(),
                resolution: (!first.named).then_some(first.plan.resolution),
                inherit: None,
            };
            let set: Vec<String> = set.iter().map(|&one| one.to_owned()).collect();
            let settings = config::retrain(None, &set).unwrap().settings;
            let again = Chosen::again(&manifest, out.path(), &settings, options().show).unwrap();
            assert_eq!(again.arch.path, first.arch.path, "{set:?}");
            assert_eq!(again.plan.resolution, first.plan.resolution, "{set:?}");
            assert_eq!(again.plan.weights, first.plan.weights, "{set:?}");
        }
    }

    #[test]
    fn lists_that_do_not_fit_name_the_position() {
        for (arch, words) in [
            ("[[0], [0], [0]]", "3 lists of choices where 7 are wanted"),
            (
                "[[0], [0,0,0,0,0,0,0], [0], [0], [0], [0], [0]]",
                "list 2 (`s1`) has 7 blocks",
            ),
            (
                "[[0], [0], [0, 9], [0], [0], [0], [0]]",
                "list 3 (`s2`), block 2: there is no candidate 9",
            ),
        ] {
            let error = choose(&["MODEL_SELECTION=-1", &format!("INPUT_ARCH={arch}")]);
            let error = error.err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn no_network_is_an_error_that_lists_the_published_ones() {
        let error = choose(&[]).err().unwrap().to_string();
        assert!(error.contains("14, 43, 114, 287, 481, 604"), "{error}");
    }
}
