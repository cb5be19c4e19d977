//! A command as one process, as one of several, or as the one that starts them.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use creamc_torch::{cuda_devices, load_cuda};

use super::{device, end};
use crate::cli::values::{Device, Processes, Together};
use crate::cli::{self, Verdict};
use crate::ranks::{
    Ending, Environment, Joining, Launch, Launched, Launcher, Ranks, RanksError, Seat,
    end_with_launcher, join, launch,
};
use crate::run::Waiting;
use crate::train::{DeviceChoice, Error, RunOptions, Show};

/// This process among those that run a command together.
#[derive(Clone)]
pub struct Here {
    /// All of them.
    pub ranks: Ranks,
    /// Its device; `None` where nothing says which.
    pub device: Option<DeviceChoice>,
}

impl Here {
    /// The same options, for this process.
    pub fn place(self, options: RunOptions) -> RunOptions {
        RunOptions {
            device: self.device.unwrap_or_default(),
            warn: self.warn(),
            show: self.show(),
            ranks: self.ranks,
            ..options
        }
    }

    /// The run to go on with: the one that the user names, or the one that this command began before its launcher started
    /// it again.
    pub fn going_on(&self, resume: Option<PathBuf>) -> Result<Option<PathBuf>, Error> {
        if resume.is_some() {
            return Ok(resume);
        }
        let begun = self.ranks.begun()?;
        if let (Some(run), true) = (&begun, self.ranks.is_first()) {
            let run = run.display();
            cli::say(&format!(
                "started again by its launcher: goes on with {run}"
            ));
        }
        Ok(begun)
    }

    /// Rank 0 warns for all.
    pub fn warn(&self) -> fn(&str) {
        match self.ranks.is_first() {
            true => super::warn,
            false => |_| {},
        }
    }

    /// Rank 0 shows messages for all.
    pub fn show(&self) -> Show {
        match self.ranks.is_first() {
            true => super::show,
            false => |_| {},
        }
    }
}

/// Works here, alone or with others, or starts the processes that do; rank 0 prints.
///
/// # Errors
/// When the processes do not find each other, or the work fails.
pub fn run<T>(
    together: &Together,
    typed: Option<Device>,
    work: impl FnOnce(Here) -> Result<T, Error>,
    print: fn(&T) -> std::io::Result<()>,
) -> anyhow::Result<Verdict> {
    let timeout = Duration::from_secs(together.rank_timeout);
    let seat = environment()?;
    if let Some(ranks) = to_start(together, seat.as_ref())? {
        return Ok(match launch(Launch { ranks, timeout })? {
            Launched::Done => Verdict::Clean,
            Launched::Faulty => Verdict::Faulty,
        });
    }
    let Some(seat) = seat else {
        let alone = Here {
            ranks: Ranks::alone(),
            device: typed.map(device),
        };
        return end(work(alone), print);
    };
    if seat.launcher == Launcher::Creamc {
        end_with_launcher()?;
    }
    let choice = place(typed, &seat)?;
    let device = choice.open()?;
    let ranks = match joined(&seat, Joining { device, timeout }) {
        Err(Error::Ranks(interrupted @ RanksError::Interrupted)) => {
            cli::say(&interrupted.to_string());
            return Ok(Verdict::Clean);
        }
        joined => joined?,
    };
    let is_first = ranks.is_first();
    let here = Here {
        ranks: ranks.clone(),
        device: Some(choice),
    };
    // Nothing of what the work was at is looked at after a panic.
    let result = match panic::catch_unwind(AssertUnwindSafe(|| work(here))) {
        Ok(result) => result,
        Err(panicked) => {
            ranks.leave(Some(&ending_of_panic(&*panicked)));
            panic::resume_unwind(panicked)
        }
    };
    ranks.leave(result.as_ref().err().map(Error::ending).as_ref());
    match result {
        result if is_first => end(result, print),
        Ok(_) => Ok(Verdict::Clean),
        // Rank 0 has shown the same, or that this rank has it.
        Err(Error::Text(_)) => Ok(Verdict::Faulty),
        Err(error) => Err(error.into()),
    }
}

/// What the others are told of a panic, which this rank has shown already.
fn ending_of_panic(panicked: &(dyn Any + Send)) -> Ending {
    let text = panicked.downcast_ref::<&str>().copied();
    let text = text.or(panicked.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("it says nothing of itself");
    Ending::cause(&format!("a bug of creamc, or libtorch refused: {text}"))
}

/// All ranks, unless Ctrl-C comes first.
fn joined(seat: &Seat, how: Joining) -> Result<Ranks, Error> {
    let waiting = Waiting::install()?;
    let ranks = join(seat, how, &|| waiting.asked())?;
    // Where one was stopped while the last of them came, nobody begins.
    if ranks.any(waiting.asked())? {
        ranks.leave(None);
        return Err(RanksError::Interrupted.into());
    }
    Ok(ranks)
}

/// For commands that run in one process.
///
/// # Errors
/// When a launcher started several.
pub fn refuse_several(command: &str) -> anyhow::Result<()> {
    match environment()?.filter(|seat| seat.world > 1) {
        None => Ok(()),
        Some(seat) => bail!(
            "`creamc {command}` runs in one process, and this is rank {} of {}: start it without a launcher",
            seat.rank,
            seat.world
        ),
    }
}

fn environment() -> Result<Option<Seat>, RanksError> {
    Environment(&|name| std::env::var(name).ok()).seat()
}

/// How many processes this one is to start, which may be one; `None` where it works itself.
fn to_start(together: &Together, seat: Option<&Seat>) -> anyhow::Result<Option<usize>> {
    let Some(typed) = together.nproc_per_node else {
        return Ok(None);
    };
    match seat {
        Some(seat) if seat.launcher == Launcher::Creamc => Ok(None),
        Some(seat) if seat.world > 1 => bail!(
            "--nproc-per-node starts processes, and this one was started as rank {} of {}: leave it out, or start creamc without \
             a launcher",
            seat.rank,
            seat.world
        ),
        _ => Ok(match typed {
            Processes::Auto => Some(cuda_devices()).filter(|&found| found > 1),
            Processes::Count(count) => Some(count),
        }),
    }
}

/// The device of one of several processes.
fn place(typed: Option<Device>, seat: &Seat) -> anyhow::Result<DeviceChoice> {
    let typed = typed.unwrap_or(Device::Auto);
    if let Device::Cuda(Some(number)) = typed {
        if seat.world == 1 {
            return Ok(DeviceChoice::Cuda(number));
        }
        bail!(
            "--device cuda:{number} is one device for all {} processes: leave it out, and each takes its own (CUDA_VISIBLE_DEVICES \
             chooses among them), or give --device cpu",
            seat.world
        );
    }
    if typed == Device::Cpu || typed == Device::Auto && cuda_devices() == 0 {
        return Ok(DeviceChoice::Cpu);
    }
    let found = cuda_devices();
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    if let Some(number) = own_gpu(seat, found, visible.as_deref()) {
        return Ok(DeviceChoice::Cuda(number));
    }
    let why = load_cuda().err().map(|absent| format!(" ({absent})"));
    bail!(
        "rank {} of {} has no GPU: it is process {} of its machine, counted from 0, and there are {found} GPU(s){}. Start as many \
         processes as there are GPUs, or give --device cpu; where each process is shown one of its own, set LOCAL_RANK=0",
        seat.rank,
        seat.world,
        seat.local,
        why.unwrap_or_default()
    )
}

/// The GPU of a process among those that it sees: as many as processes, or its own alone where the launcher shows each
/// process one (`srun --gpus-per-task=1`). What torchrun starts sees all GPUs of the machine: one is for one process.
fn own_gpu(seat: &Seat, found: usize, visible: Option<&str>) -> Option<usize> {
    let one = visible.is_some_and(|list| !list.is_empty() && !list.contains(','));
    let shown_one = match seat.launcher {
        Launcher::Srun | Launcher::Mpirun => one,
        Launcher::Creamc | Launcher::Torchrun => false,
    };
    match found {
        found if seat.local < found => Some(seat.local),
        1 if shown_one => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranks::StoreOwner;

    #[test]
    fn a_panic_is_told_with_its_text_as_a_cause() {
        let number = 7;
        let panics: [fn(i32); 2] = [|_| panic!("a promise"), |number| panic!("promise {number}")];
        let told = panics.map(|panics| {
            let panicked = panic::catch_unwind(|| panics(number)).unwrap_err();
            ending_of_panic(&*panicked)
        });
        for (ending, text) in told.iter().zip(["a promise", "promise 7"]) {
            let Ending::Cause(why) = ending else {
                panic!("{ending:?}")
            };
            assert!(why.ends_with(text), "{why}");
        }
    }

    #[test]
    fn every_process_takes_its_own_gpu_or_the_one_it_is_shown() {
        let of = |launcher| {
            move |local, found, visible| {
                let seat = Seat {
                    rank: local,
                    world: 8,
                    local,
                    host: "localhost".to_owned(),
                    port: 1,
                    store: StoreOwner::First,
                    launcher,
                    job: String::new(),
                };
                own_gpu(&seat, found, visible)
            }
        };
        let own_gpu = of(Launcher::Srun);
        assert_eq!(own_gpu(2, 4, None), Some(2));
        assert_eq!(own_gpu(2, 4, Some("4,5,6,7")), Some(2));
        assert_eq!(own_gpu(3, 1, Some("5")), Some(0));
        assert_eq!(own_gpu(1, 1, None), None);
        assert_eq!(own_gpu(4, 4, Some("0,1,2,3")), None);
        assert_eq!(own_gpu(0, 0, Some("")), None);
        for launcher in [Launcher::Creamc, Launcher::Torchrun] {
            assert_eq!(of(launcher)(0, 1, Some("5")), Some(0));
            assert_eq!(of(launcher)(1, 1, Some("5")), None);
        }
    }
}
