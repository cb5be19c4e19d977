//! What a folder can start from, and the texts that come with each.

use clap::ValueEnum;

/// A space or a network to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Start {
    /// Small grey images, a search of minutes on one core
    Tiny,
    /// The space of "Cream of the Crop", up to 600M flops
    Mobile,
    /// Once-for-All's MobileNetV3 space
    OfaMbv3,
    /// ProxylessNAS's space, and the network found for phones
    Proxyless,
    /// SPOS's space of ShuffleNetV2 units, and the published network
    SposShufflenet,
    /// MobileNetV3-Large, a fixed network
    #[value(name = "mobilenetv3")]
    MobileNetV3,
    /// EfficientNet-Lite0, a fixed network
    #[value(name = "efficientnet_lite0")]
    EfficientNetLite0,
}

impl Start {
    /// As it is typed: the name of the space, too.
    pub(super) fn name(self) -> String {
        let value = self.to_possible_value().expect("no start is left out");
        value.get_name().to_owned()
    }

    /// In one line.
    pub(super) fn summary(self) -> String {
        let value = self.to_possible_value().expect("no start is left out");
        value.get_help().expect("each has a line").to_string()
    }

    /// The text of its `.cream` file.
    fn space(self) -> &'static str {
        match self {
            Start::Tiny => include_str!("../../../spaces/tiny.cream"),
            Start::Mobile => include_str!("../../../spaces/mobile.cream"),
            Start::OfaMbv3 => include_str!("../../../spaces/ofa_mbv3.cream"),
            Start::Proxyless => include_str!("../../../spaces/proxyless.cream"),
            Start::SposShufflenet => include_str!("../../../spaces/spos_shufflenet.cream"),
            Start::MobileNetV3 => include_str!("../../../spaces/mobilenetv3.cream"),
            Start::EfficientNetLite0 => include_str!("../../../spaces/efficientnet_lite0.cream"),
        }
    }

    /// Whether there is one network only: nothing to search.
    fn is_fixed(self) -> bool {
        matches!(self, Start::MobileNetV3 | Start::EfficientNetLite0)
    }

    /// Every file of the folder: its name and its text.
    pub(super) fn files(self) -> Vec<(String, String)> {
        let (search, retrain) = match self {
            Start::Tiny => (
                include_str!("small-search.yaml"),
                include_str!("small-retrain.yaml"),
            ),
            _ => (include_str!("search.yaml"), include_str!("retrain.yaml")),
        };
        let name = self.name();
        let named = |text: &str| text.replace("NAME", &name);
        let mut files = vec![
            (format!("{name}.cream"), self.space().to_owned()),
            ("retrain.yaml".to_owned(), named(retrain)),
            ("README.md".to_owned(), self.readme()),
        ];
        if !self.is_fixed() {
            files.push(("search.yaml".to_owned(), named(search)));
        }
        files
    }

    /// What the folder is, and the commands to go on with.
    fn readme(self) -> String {
        let (name, summary) = (self.name(), self.summary());
        let commands = match self.is_fixed() {
            true => fixed_commands(&name),
            false => search_commands(&name),
        };
        format!(
            "# {name}\n\n{summary}. `{name}.cream` is yours: change it, and `creamc check {name}.cream` says \
             whether it is right.\n\n`DATA` is a folder of images, in `train/` and `val/` a folder a class, or a data \
             set that creamc reads; `output classes(…)` in `{name}.cream` is their number of classes.\n\n\
             ```text\n{commands}```\n"
        )
    }
}

fn search_commands(name: &str) -> String {
    format!(
        "creamc check {name}.cream\n\
         creamc stats {name}.cream\n\
         creamc search {name}.cream --config search.yaml --data DATA --dry-run\n\
         creamc search {name}.cream --config search.yaml --data DATA --out runs/search\n\
         creamc report runs/search\n\
         creamc retrain runs/search/best.cream --config retrain.yaml --data DATA --out runs/best\n\
         creamc test runs/search/best.cream --weights runs/best/model.safetensors --config retrain.yaml --data DATA\n"
    )
}

fn fixed_commands(name: &str) -> String {
    format!(
        "creamc check {name}.cream\n\
         creamc cost {name}.cream\n\
         creamc retrain {name}.cream --config retrain.yaml --data DATA --out runs/best\n\
         creamc test {name}.cream --weights runs/best/model.safetensors --config retrain.yaml --data DATA\n"
    )
}
