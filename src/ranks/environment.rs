//! Who this process is, by the environment of what started it: `torchrun`, `mpirun`, `srun`, or creamc itself.

use super::RanksError;

/// What started the ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launcher {
    /// `creamc … --nproc-per-node`.
    Creamc,
    /// `torchrun`, or anything else that sets PyTorch's variables.
    Torchrun,
    /// Open MPI's `mpirun`.
    Mpirun,
    /// SLURM's `srun`.
    Srun,
}

/// Who serves the store where ranks find each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreOwner {
    /// The launcher: it is up already.
    Launcher,
    /// Rank 0.
    First,
}

/// One process's place among all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// This process, from 0.
    pub rank: usize,
    /// All processes.
    pub world: usize,
    /// This process among those of its machine, from 0.
    pub local: usize,
    /// The machine of the store.
    pub host: String,
    /// Its port; 0 where this process, which is the only one, serves it and any port will do.
    pub port: u16,
    /// Who serves it.
    pub store: StoreOwner,
    /// What started this process.
    pub launcher: Launcher,
    /// What its launcher calls the job; empty where it gives it no name.
    pub job: String,
}

/// The variable that creamc's own launcher sets beside PyTorch's: its process.
pub(super) const OWN: &str = "CREAMC_LAUNCHED";
/// Of torchrun: its agent serves the store.
pub(super) const AGENT_STORE: &str = "TORCHELASTIC_USE_AGENT_STORE";
/// PyTorch's five variables.
pub(super) const TORCH: [&str; 5] = [
    "RANK",
    "WORLD_SIZE",
    "LOCAL_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
];
/// Rank, number of ranks, rank on its machine, number on its machine.
const MPI: [&str; 4] = [
    "OMPI_COMM_WORLD_RANK",
    "OMPI_COMM_WORLD_SIZE",
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "OMPI_COMM_WORLD_LOCAL_SIZE",
];
/// As [`MPI`]; the last is 1 where a job has one machine.
const SLURM: [&str; 4] = [
    "SLURM_PROCID",
    "SLURM_NTASKS",
    "SLURM_LOCALID",
    "SLURM_NNODES",
];
/// Rank and number of ranks of an MPI that speaks PMI, as srun's own may; the first two of [`SLURM`] say the same then.
const PMI: [&str; 2] = ["PMI_RANK", "PMI_SIZE"];
/// Set in what `srun` starts, and not in the batch script around it, which has all of [`SLURM`] too.
const SLURM_STEP: &str = "SLURM_STEP_ID";
/// PyTorch's usual port, where a launcher names none.
const PORT: u16 = 29500;

/// Reads environment variables; a test reads a list.
#[derive(Clone, Copy)]
pub struct Environment<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// The place of this process, which may be the only one of its job; `None` where no launcher started it.
    ///
    /// # Errors
    /// When variables are missing or contradict each other; the text says which and what sets them.
    pub fn seat(self) -> Result<Option<Seat>, RanksError> {
        // `MASTER_ADDR` and `MASTER_PORT` alone are what users of mpirun and srun add by hand.
        let torch = TORCH[..3].iter().any(|name| self.has(name));
        if torch {
            self.torch().map(Some)
        } else if self.has(MPI[1]) {
            self.others(MPI, Launcher::Mpirun).map(Some)
        } else if self.has(SLURM_STEP) && self.has(SLURM[1]) {
            self.require_started_by_srun()?;
            self.others(SLURM, Launcher::Srun).map(Some)
        } else {
            self.started_alone().map(|()| None)
        }
    }

    fn torch(self) -> Result<Seat, RanksError> {
        let missing: Vec<&str> = TORCH.into_iter().filter(|name| !self.has(name)).collect();
        if !missing.is_empty() {
            let there: Vec<&str> = TORCH.into_iter().filter(|name| self.has(name)).collect();
            return Err(RanksError::Environment(format!(
                "the environment says half of where this process belongs: {} is set, {} is not. Start it with torchrun, which \
                 sets all five, or with --nproc-per-node; or unset {0} to train in one process",
                there.join(", "),
                missing.join(", ")
            )));
        }
        let port = self.port()?;
        let launcher = match self.has(OWN) {
            true => Launcher::Creamc,
            false => Launcher::Torchrun,
        };
        self.whole(Seat {
            rank: self.number("RANK")?,
            world: self.number("WORLD_SIZE")?,
            local: self.number("LOCAL_RANK")?,
            host: self.host(),
            port,
            store: match self.text(AGENT_STORE).eq_ignore_ascii_case("true") {
                true => StoreOwner::Launcher,
                false => StoreOwner::First,
            },
            launcher,
            job: self.job(launcher),
        })
    }

    /// Nothing that creamc does not know started it: as many single trainings in one folder would be the end.
    fn started_alone(self) -> Result<(), RanksError> {
        let stranger = [MPI[0], PMI[0]].into_iter().find(|name| self.has(name));
        match stranger {
            None => Ok(()),
            Some(name) => Err(RanksError::Environment(format!(
                "{name} is set, {} is not: creamc knows the processes of torchrun, srun and Open MPI's mpirun. Set RANK, WORLD_SIZE, \
                 LOCAL_RANK, MASTER_ADDR and MASTER_PORT, or unset {name} to train in one process",
                MPI[1]
            ))),
        }
    }

    /// MPICH's and Intel's mpiexec start their helpers with srun, so that every rank has the variables of its machine's helper.
    fn require_started_by_srun(self) -> Result<(), RanksError> {
        let other = PMI.into_iter().zip(SLURM).find(|(pmi, slurm)| {
            self.has(pmi) && self.has(slurm) && self.text(pmi) != self.text(slurm)
        });
        let Some((pmi, slurm)) = other else {
            return Ok(());
        };
        Err(RanksError::Environment(format!(
            "{pmi} is {} and {slurm} is {}: an mpiexec that creamc does not know (MPICH's or Intel's) started this process inside of \
             srun. Start it with srun itself, or set RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT",
            self.text(pmi),
            self.text(slurm)
        )))
    }

    /// mpirun and srun: they say who is who, not where to meet.
    fn others(
        self,
        [rank, world, local, here]: [&'static str; 4],
        launcher: Launcher,
    ) -> Result<Seat, RanksError> {
        for name in [rank, local] {
            if !self.has(name) {
                return Err(RanksError::Environment(format!(
                    "{world} is set, {name} is not: start creamc with mpirun or srun themselves, or unset {world} to train in one process"
                )));
            }
        }
        let all: usize = self.number(world)?;
        let one_machine = self.has(here)
            && match launcher {
                Launcher::Srun => self.number::<usize>(here)? == 1,
                _ => self.number::<usize>(here)? == all,
            };
        if !self.has("MASTER_ADDR") && !one_machine && all > 1 {
            let how = match launcher {
                Launcher::Srun => {
                    "export MASTER_ADDR=$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1)"
                }
                _ => "mpirun -x MASTER_ADDR=HOST …",
            };
            return Err(RanksError::Environment(format!(
                "the ranks are on several machines and MASTER_ADDR is not set: name the machine of rank 0, `{how}`"
            )));
        }
        let (host, port) = self.meeting(all)?;
        self.whole(Seat {
            rank: self.number(rank)?,
            world: all,
            local: self.number(local)?,
            host,
            port,
            store: StoreOwner::First,
            launcher,
            job: self.job(launcher),
        })
    }

    /// Where the ranks of mpirun and srun meet. One alone meets nobody: a shell that srun opened may start several trainings,
    /// on any machine of its job.
    fn meeting(self, world: usize) -> Result<(String, u16), RanksError> {
        let here = || "127.0.0.1".to_owned();
        if world == 1 {
            return Ok((here(), 0));
        }
        let host = match self.has("MASTER_ADDR") {
            true => self.host(),
            false => here(),
        };
        let port = match self.has("MASTER_PORT") {
            true => self.port()?,
            false => PORT,
        };
        Ok((host, port))
    }

    /// What its launcher calls the job, the same on all of its ranks and on no others.
    fn job(self, launcher: Launcher) -> String {
        let names: &[&str] = match launcher {
            Launcher::Creamc => &[OWN],
            Launcher::Torchrun => &["TORCHELASTIC_RUN_ID"],
            Launcher::Mpirun => &["PMIX_NAMESPACE"],
            Launcher::Srun => &["SLURM_JOB_ID", SLURM_STEP],
        };
        let parts: Vec<String> = names.iter().map(|name| self.text(name)).collect();
        parts.join(".")
    }

    fn whole(self, seat: Seat) -> Result<Seat, RanksError> {
        let Seat {
            rank, world, local, ..
        } = seat;
        if world == 0 || rank >= world || local > rank {
            return Err(RanksError::Environment(format!(
                "the environment contradicts itself: this is rank {rank} of {world}, number {local} on its machine; ranks count \
                 from 0, and a machine's own never run ahead of them"
            )));
        }
        Ok(seat)
    }

    fn has(self, name: &str) -> bool {
        (self.0)(name).is_some_and(|value| !value.is_empty())
    }

    fn text(self, name: &str) -> String {
        (self.0)(name).unwrap_or_default()
    }

    /// Where ranks meet; an IPv6 address may be written in brackets, as it is where a port follows.
    fn host(self) -> String {
        let text = self.text("MASTER_ADDR");
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        bare.unwrap_or(&text).to_owned()
    }

    fn port(self) -> Result<u16, RanksError> {
        let number: u32 = self.number("MASTER_PORT")?;
        match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(self.wrong("MASTER_PORT", "is no port")),
        }
    }

    fn number<T: std::str::FromStr>(self, name: &str) -> Result<T, RanksError> {
        let text = self.text(name);
        text.trim()
            .parse()
            .map_err(|_| self.wrong(name, "is no whole number"))
    }

    fn wrong(self, name: &str, what: &str) -> RanksError {
        RanksError::Environment(format!("{name}={} {what}", self.text(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(variables: &[(&str, &str)]) -> Result<Option<Seat>, String> {
        let read = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Environment(&read).seat().map_err(|error| error.to_string())
    }

    const TORCHRUN: [(&str, &str); 7] = [
        ("RANK", "3"),
        ("WORLD_SIZE", "4"),
        ("LOCAL_RANK", "1"),
        ("MASTER_ADDR", "node0"),
        ("MASTER_PORT", "29400"),
        (AGENT_STORE, "True"),
        ("TORCHELASTIC_RUN_ID", "night"),
    ];

    #[test]
    fn an_mpiexec_inside_of_srun_is_refused_and_sruns_own_pmi_is_not() {
        let of = |pmi: [&'static str; 2]| {
            let slurm = SLURM.into_iter().zip(["1", "2", "1", "1"]);
            let step = [(SLURM_STEP, "0")];
            let all: Vec<_> = slurm.chain(PMI.into_iter().zip(pmi)).chain(step).collect();
            seat(&all)
        };
        assert_eq!(of(["1", "2"]).unwrap().unwrap().rank, 1);
        assert_eq!(of(["", ""]).unwrap().unwrap().world, 2);
        for pmi in [["3", "2"], ["1", "8"]] {
            let error = of(pmi).unwrap_err();
            assert!(error.contains("mpiexec"), "{error}");
        }
    }

    #[test]
    fn an_ipv6_address_may_have_brackets() {
        for written in ["[::1]", "::1"] {
            let mut variables = TORCHRUN;
            variables[3].1 = written;
            assert_eq!(seat(&variables).unwrap().unwrap().host, "::1");
        }
    }

    #[test]
    fn without_variables_a_process_is_alone() {
        assert_eq!(seat(&[]), Ok(None));
        // A batch script of SLURM is not started by srun.
        let batch = [
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "4"),
            ("SLURM_LOCALID", "0"),
        ];
        assert_eq!(seat(&batch), Ok(None));
    }

    #[test]
    fn torchrun_says_everything() {
        let found = seat(&TORCHRUN).unwrap().unwrap();
        assert_eq!(
            found,
            Seat {
                rank: 3,
                world: 4,
                local: 1,
                host: "node0".to_owned(),
                port: 29400,
                store: StoreOwner::Launcher,
                launcher: Launcher::Torchrun,
                job: "night".to_owned(),
            }
        );
        let plain = seat(&TORCHRUN[..5]).unwrap().unwrap();
        assert_eq!(plain.job, "");
        assert_eq!(plain.store, StoreOwner::First);
    }

    #[test]
    fn mpirun_on_one_machine_needs_no_address() {
        let mut variables = vec![
            ("OMPI_COMM_WORLD_RANK", "1"),
            ("OMPI_COMM_WORLD_SIZE", "2"),
            ("OMPI_COMM_WORLD_LOCAL_RANK", "1"),
            ("OMPI_COMM_WORLD_LOCAL_SIZE", "2"),
        ];
        let found = seat(&variables).unwrap().unwrap();
        assert_eq!((found.rank, found.world, found.local), (1, 2, 1));
        assert_eq!((found.host.as_str(), found.port), ("127.0.0.1", 29500));
        variables[3].1 = "1";
        let error = seat(&variables).unwrap_err();
        assert!(
            error.contains("MASTER_ADDR") && error.contains("mpirun -x"),
            "{error}"
        );
        variables.push(("MASTER_ADDR", "node0"));
        assert_eq!(seat(&variables).unwrap().unwrap().host, "node0");
    }

    #[test]
    fn srun_is_known_by_its_step() {
        let variables = [
            ("SLURM_PROCID", "5"),
            ("SLURM_NTASKS", "8"),
            ("SLURM_LOCALID", "1"),
            ("SLURM_NNODES", "2"),
            ("SLURM_STEP_ID", "0"),
            ("MASTER_ADDR", "node7"),
            ("MASTER_PORT", "4000"),
            ("SLURM_JOB_ID", "831"),
        ];
        let found = seat(&variables).unwrap().unwrap();
        assert_eq!(
            (found.rank, found.host.as_str(), found.port),
            (5, "node7", 4000)
        );
        assert_eq!(found.job, "831.0");
        let error = seat(&variables[..5]).unwrap_err();
        assert!(error.contains("scontrol show hostnames"), "{error}");
    }

    #[test]
    fn a_single_process_of_a_launcher_has_a_seat_and_meets_nobody_elsewhere() {
        let one = [
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "1"),
            ("SLURM_LOCALID", "0"),
            ("SLURM_STEP_ID", "0"),
            ("MASTER_ADDR", "node7"),
            ("MASTER_PORT", "4000"),
        ];
        let found = seat(&one).unwrap().unwrap();
        assert_eq!((found.rank, found.world), (0, 1));
        assert_eq!((found.host.as_str(), found.port), ("127.0.0.1", 0));
        let mut torchrun = TORCHRUN;
        (torchrun[0].1, torchrun[1].1, torchrun[2].1) = ("0", "1", "0");
        let found = seat(&torchrun).unwrap().unwrap();
        assert_eq!((found.world, found.port), (1, 29400));
    }

    #[test]
    fn half_an_environment_is_explained() {
        let error = seat(&TORCHRUN[..2]).unwrap_err();
        assert!(error.contains("RANK, WORLD_SIZE is set"), "{error}");
        assert!(
            error.contains("LOCAL_RANK, MASTER_ADDR, MASTER_PORT is not"),
            "{error}"
        );
    }

    #[test]
    fn processes_of_an_unknown_launcher_are_not_taken_for_single_ones() {
        for name in ["PMI_RANK", "OMPI_COMM_WORLD_RANK"] {
            let error = seat(&[(name, "1")]).unwrap_err();
            assert!(error.contains(&format!("{name} is set")), "{error}");
        }
        assert_eq!(seat(&[]), Ok(None));
    }

    #[test]
    fn numbers_that_cannot_be_are_named() {
        let with = |name: &str, value: &'static str| {
            let mut variables = TORCHRUN;
            let at = variables.iter().position(|(own, _)| *own == name).unwrap();
            variables[at].1 = value;
            seat(&variables).unwrap_err()
        };
        assert!(with("RANK", "four").contains("RANK=four"));
        assert!(with("RANK", "4").contains("rank 4 of 4"));
        assert!(with("MASTER_PORT", "70000").contains("no port"));
        assert!(with("MASTER_PORT", "0").contains("no port"));
        assert!(with("LOCAL_RANK", "9").contains("number 9 on its machine"));
    }
}
