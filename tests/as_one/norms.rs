//! `BATCHNORM.SYNC_BN`: processes with a piece of a batch each train as one with the whole batch; without
//! it, as one whose norms see each piece apart.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use creamc::childnet::Drops;
use creamc::data::Batch;
use creamc::nn::{Mode, NamedTensor, Over, Place};
use creamc::ranks::{Environment, Joining, Ranks, join};
use creamc::search::meta::{self, MetaStep};
use creamc::search::recipe::{Strategy, Variant};
use creamc::search::sandwich::{self, Ends};
use creamc::search::step::Moment;
use creamc::search::teacher::Choice;
use creamc::supernet::Supernet;
use creamc_torch::group::testing;
use tch::{Device, Kind, Reduction, Tensor};

use super::common::port::free_port;
use super::scene::{
    DOUBLE, N, Named, Scene, assert_all_close, learner, named, of_two, piece, recipe, scene,
};

/// The mean loss's gradients by every parameter, averaged over ranks, and the running statistics: after one forward on
/// this rank's share of so many images in all.
fn trained(
    forward: impl FnOnce(&Tensor) -> Tensor,
    (batch, all): (&Batch, i64),
    ranks: &Ranks,
    (parameters, buffers): (Vec<NamedTensor>, Vec<Tensor>),
) -> Named {
    let logits = forward(&batch.images);
    let (labels, no_weights) = (&batch.labels, None::<&Tensor>);
    let loss = logits.cross_entropy_loss(labels, no_weights, Reduction::Sum, -100, 0.1);
    let loss = loss * (ranks.world() as f64 / all as f64);
    let gradients = ranks.gradients(&loss, &parameters).unwrap();
    ranks.share(&buffers).unwrap().finish().unwrap();
    let names = parameters.iter().map(|one| one.name.to_string());
    let running = buffers.iter().enumerate();
    let running = running.map(|(at, one)| (format!("running {at}"), one.copy()));
    names.zip(gradients).chain(running).collect()
}

fn supernet_trained(scene: &Scene, place: Place, piece: (&Batch, i64), ranks: &Ranks) -> Named {
    path_trained(scene, &scene.supernet(place), piece, ranks)
}

fn sliced_trained(scene: &Scene, place: Place, piece: (&Batch, i64), ranks: &Ranks) -> Named {
    path_trained(scene, &scene.sliced(place), piece, ranks)
}

fn path_trained(scene: &Scene, supernet: &Supernet, piece: (&Batch, i64), ranks: &Ranks) -> Named {
    let path = &scene.paths[0];
    let norms = ranks.norms(true);
    let forward = |images: &Tensor| supernet.forward_over(images, path, Mode::Train, norms);
    let own = (supernet.parameters(path), supernet.buffers(path));
    trained(|images| forward(images).unwrap(), piece, ranks, own)
}

fn childnet_trained(scene: &Scene, place: Place, piece: (&Batch, i64), ranks: &Ranks) -> Named {
    let childnet = scene.childnet(place);
    let norms = ranks.norms(true);
    let forward = |images: &Tensor| childnet.forward_training(images, Drops::default(), norms);
    let own = (childnet.parameters(), childnet.buffers());
    trained(|images| forward(images).unwrap(), piece, ranks, own)
}

type Train = fn(&Scene, Place, (&Batch, i64), &Ranks) -> Named;

/// What ranks with so many images each find.
fn of_ranks(train: Train, place: Place, counts: &[i64]) -> Vec<Named> {
    testing::ranks(counts.len(), |group| {
        on_rank(train, place, counts, &Ranks::of(Arc::new(group)))
    })
}

/// What this rank finds of them.
fn on_rank(train: Train, place: Place, counts: &[i64], ranks: &Ranks) -> Named {
    let (rank, all) = (ranks.rank(), counts.iter().sum());
    let scene = scene();
    let batch = scene.batch(all, place);
    let own = piece(&batch, counts[..rank].iter().sum(), counts[rank]);
    train(&scene, place, (&own, all), ranks)
}

/// What one process with so many images finds.
fn of_one(train: Train, place: Place, all: i64) -> Named {
    let scene = scene();
    let batch = scene.batch(all, place);
    train(&scene, place, (&batch, all), &Ranks::alone())
}

/// Ranks with so many images each are one process with all of them.
fn assert_as_one(train: Train, counts: &[i64]) {
    let found = of_ranks(train, DOUBLE, counts);
    let expected = of_one(train, DOUBLE, counts.iter().sum());
    assert_all_close(&found, &expected, 1e-10);
}

/// In single precision they are up to 1e-5 of each tensor's largest value; where that is small because it is a sum of large
/// ones, of the order of one process's own error.
fn assert_as_near(train: Train, counts: &[i64]) {
    let all = counts.iter().sum();
    let [truth, one] = [DOUBLE, Place::CPU].map(|place| of_one(train, place, all));
    for rank in of_ranks(train, Place::CPU, counts) {
        for (((name, found), (_, one)), (_, truth)) in rank.iter().zip(&one).zip(&truth) {
            let off = |one: &Tensor| (one - truth).abs().max().double_value(&[]);
            let allowed = (1e-5 * truth.abs().max().double_value(&[])).max(10.0 * off(one));
            assert!(
                off(found) <= allowed,
                "{name}: {:e}, {allowed:e}",
                off(found)
            );
        }
    }
}

#[test]
fn gradients_and_running_statistics_of_a_path_are_those_of_one_process_with_all_images() {
    assert_as_one(supernet_trained, &[6, 6]);
    assert_as_one(supernet_trained, &[5, 2, 4]);
}

#[test]
fn gradients_and_running_statistics_of_slices_are_those_of_one_process_with_all_images() {
    // Some of what the path trains is a part of what is stored, with holes between its numbers.
    let scene = scene();
    let parameters = scene.sliced(DOUBLE).parameters(&scene.paths[0]);
    assert!(parameters.iter().any(|one| !one.tensor.is_contiguous()));
    assert_as_one(sliced_trained, &[6, 6]);
    assert_as_one(sliced_trained, &[5, 2, 4]);
}

#[test]
fn gradients_and_running_statistics_of_a_network_are_those_of_one_process_with_all_images() {
    assert_as_one(childnet_trained, &[6, 6]);
    assert_as_one(childnet_trained, &[5, 2, 4]);
}

/// Set for the processes that [`real_processes_are_one_process_with_all_images`] starts: the folder for what they find.
const FOLDER: &str = "CREAMC_TEST_FOLDER";
/// How many images each of them has.
const PIECES: [&[i64]; 2] = [&[6, 6], &[5, 2, 4]];

#[test]
fn real_processes_are_one_process_with_all_images() {
    if let Ok(folder) = std::env::var(FOLDER) {
        return as_a_process(Path::new(&folder));
    }
    for counts in PIECES {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let start = |rank: usize| {
            let name = "norms::real_processes_are_one_process_with_all_images";
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", name]).env(FOLDER, folder.path());
            let place = [
                ("RANK", rank),
                ("WORLD_SIZE", counts.len()),
                ("LOCAL_RANK", rank),
            ];
            command.envs(place.map(|(name, value)| (name, value.to_string())));
            command
                .env("MASTER_ADDR", "127.0.0.1")
                .env("MASTER_PORT", port.to_string());
            // What the test's own frame prints is nobody's business but where it fails.
            command.stdout(Stdio::piped()).spawn().unwrap()
        };
        let processes: Vec<Child> = (0..counts.len()).map(start).collect();
        for one in processes {
            let output = one.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{said}");
        }
        let read = |rank| Tensor::read_safetensors(file(folder.path(), rank)).unwrap();
        let found: Vec<Named> = (0..counts.len()).map(read).map(sorted).collect();
        let expected = of_one(supernet_trained, DOUBLE, counts.iter().sum());
        assert_all_close(&found, &sorted(expected), 1e-10);
    }
}

fn as_a_process(folder: &Path) {
    let seat = Environment(&|name| std::env::var(name).ok()).seat();
    let seat = seat.unwrap().expect("the parent says which it is");
    let joining = Joining {
        device: Device::Cpu,
        timeout: testing::TIMEOUT,
    };
    let ranks = join(&seat, joining, &|| false).unwrap();
    let found = on_rank(supernet_trained, DOUBLE, PIECES[seat.world - 2], &ranks);
    Tensor::write_safetensors(&found, file(folder, seat.rank)).unwrap();
    ranks.leave(None);
}

fn file(folder: &Path, rank: usize) -> PathBuf {
    folder.join(format!("{rank}.safetensors"))
}

fn sorted(mut tensors: Named) -> Named {
    tensors.sort_by(|one, other| one.0.cmp(&other.0));
    tensors
}

#[test]
fn in_single_precision_they_are_as_close_as_its_digits_allow() {
    assert_as_near(supernet_trained, &[6, 6]);
    assert_as_near(childnet_trained, &[6, 6]);
}

/// All weights and statistics after a step with a teacher.
fn stepped(scene: &Scene, ranks: Ranks, batch: &Batch) -> Named {
    let mut learner = learner(scene, ranks);
    let recipe = recipe(Strategy::Cream(Variant::Paper), true);
    let at = Moment { epoch: 1, step: 1 };
    learner.step(&recipe, at, &scene.paths[0], batch).unwrap();
    assert_eq!(learner.distilled_steps(), 1);
    named(&learner.supernet.tensors())
}

#[test]
fn a_step_with_a_teacher_is_that_of_one_process_with_all_images() {
    let scene = scene();
    let expected = stepped(&scene, Ranks::alone(), &scene.batch(2 * N, DOUBLE));
    assert_all_close(&of_two(stepped), &expected, 1e-10);
}

fn sandwiched(scene: &Scene, ranks: Ranks, batch: &Batch) -> Named {
    let ends = Ends::of(&scene.plan);
    let recipe = recipe(Strategy::Sandwich(ends.clone()), true);
    let mut learner = learner(scene, ranks);
    let at = Moment { epoch: 1, step: 1 };
    let drawn = [scene.paths[0].clone(), scene.paths[1].clone()];
    sandwich::step(&mut learner, &recipe, at, (&ends, &drawn), batch).unwrap();
    named(&learner.supernet.tensors())
}

#[test]
fn a_sandwich_step_is_that_of_one_process_with_all_images() {
    let scene = scene();
    let expected = sandwiched(&scene, Ranks::alone(), &scene.batch(2 * N, DOUBLE));
    assert_all_close(&of_two(sandwiched), &expected, 1e-10);
}

/// The meta layer's gradient from the first 2 · `slice` images.
fn meta_gradient(scene: &Scene, ranks: &Ranks, batch: &Batch, slice: i64) -> Named {
    let supernet = scene.supernet(DOUBLE);
    let choice = Choice {
        entry: 0,
        rho: 0.6,
        scores: vec![0.4],
        difference: Tensor::arange(20, (Kind::Double, Device::Cpu)) / 20.0,
    };
    let step = MetaStep {
        student: &scene.paths[0],
        teacher: &scene.paths[1],
        choice: &choice,
        images: &batch.images,
        classes: &batch.labels,
        slice,
        lr: 0.5,
        smoothing: 0.1,
        sync_norms: true,
    };
    let before = named(&supernet.tensors());
    let found = meta::gradient(&supernet, &step, ranks).unwrap();
    for ((name, after), (_, before)) in named(&supernet.tensors()).iter().zip(&before) {
        assert!(after.equal(before), "{name} moved");
    }
    vec![
        ("weight".to_owned(), found.weight),
        ("bias".to_owned(), found.bias),
    ]
}

#[test]
fn a_meta_gradient_is_that_of_one_process_with_all_slices() {
    let scene = scene();
    let batch = scene.batch(2 * N, DOUBLE);
    // Each rank's two slices are two images: the first of both, then the next of both.
    let order = Tensor::from_slice(&[0_i64, 1, 4, 5, 2, 3, 6, 7]);
    let both = Batch {
        images: batch.images.index_select(0, &order),
        labels: batch.labels.index_select(0, &order),
        share: 1.0,
    };
    let expected = meta_gradient(&scene, &Ranks::alone(), &both, 4);
    let found = of_two(|scene, ranks, own| meta_gradient(scene, &ranks, own, 2));
    assert_all_close(&found, &expected, 1e-10);
}

#[test]
fn without_it_two_ranks_are_one_process_that_normalises_each_half_apart() {
    let scene = scene();
    let path = &scene.paths[0];
    let batch = scene.batch(2 * N, DOUBLE);
    let alone = Ranks::alone();
    let halves = [0, N].map(|start| {
        let supernet = scene.supernet(DOUBLE);
        let own = (supernet.parameters(path), supernet.buffers(path));
        let half = piece(&batch, start, N);
        let forward = |images: &Tensor| supernet.forward(images, path, Mode::Train);
        trained(forward, (&half, N), &alone, own)
    });
    let [one, two] = &halves;
    let both = one.iter().zip(two);
    let expected: Named = both
        .map(|((name, one), (_, two))| (name.clone(), (one + two) / 2.0))
        .collect();
    let found = of_two(|scene, ranks, own| {
        let supernet = scene.supernet(DOUBLE);
        let norms = ranks.norms(false);
        assert!(matches!(norms, Over::Own));
        let parts = (supernet.parameters(path), supernet.buffers(path));
        let forward = |images: &Tensor| supernet.forward_over(images, path, Mode::Train, norms);
        trained(
            |images| forward(images).unwrap(),
            (own, 2 * N),
            &ranks,
            parts,
        )
    });
    assert_all_close(&found, &expected, 1e-10);

    // And that is another thing than one process with all images.
    let supernet = scene.supernet(DOUBLE);
    let parts = (supernet.parameters(path), supernet.buffers(path));
    let forward = |images: &Tensor| supernet.forward(images, path, Mode::Train);
    let together = trained(forward, (&batch, 2 * N), &alone, parts);
    let apart = |(one, other): (&(String, Tensor), &(String, Tensor))| {
        (&one.1 - &other.1).abs().max().double_value(&[])
    };
    let largest = expected.iter().zip(&together).map(apart);
    assert!(largest.fold(0.0, f64::max) > 1e-3);
}
