#!/usr/bin/env python3
"""How good is the search? Rankings and picks of several strategies against a truth.

The truth: PATHS random paths of a space, each trained alone with several seeds. Then every arm
(a way to search) is run with several seeds, twice over: with equal steps, and with equal seconds of a
processor (of all threads together, which a busy machine does not change). Printed for each: Kendall's tau between the supernet's ranking of those paths and the truth,
as it is and as a share of the ceiling (the tau between two seeds of the truth itself), and how
good the picked path is when it, too, is trained alone.

Needs Python 3 and the built tool, nothing else:

    benches/quality.py --bin target/release/creamc --out runs/quality --jobs 16 --plan
    benches/quality.py --bin target/release/creamc --out runs/quality --jobs 16 --limit 580

Each job is one process with one thread. What is finished is not done again: run the same command until
it prints the table. Nothing outside --out is written.
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

# What every arm sets beside configs/demo.yaml; {last} is the last epoch but one. `random` runs no search: it
# draws a path. An arm whose settings this build of the tool does not know is left out, with a note.
ARMS = {
    "cream": [],
    "cream-released": ["SUPERNET.VARIANT=released", "SUPERNET.UPDATE_ITER=10"],
    "cream-evolution": ["SUPERNET.PICK=evolution"],
    # Single paths evenly; the board fills, and teaches, in the last epoch alone.
    "late": ["SUPERNET.META_STA_EPOCH={last}"],
    "spos": ["SUPERNET.STRATEGY=spos", "SUPERNET.PICK=evolution"],
    "sandwich": ["SUPERNET.STRATEGY=sandwich", "SUPERNET.PICK=evolution"],
    "random": None,
}
# The arm whose seconds all others get.
REFERENCE = "cream"
# Distillation starts after this share of the epochs, as in configs/demo.yaml.
START = 23 / 36
SAMPLE_SEED, FIRST_TRUTH_SEED, FIRST_SEARCH_SEED = 2020, 42, 1
# Seconds of one epoch on one core until something is measured here.
GUESS = {"truth": 1.2, "search": 2.6, "judge": 8.0}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parent.parent
    add = parser.add_argument
    add("--bin", type=Path, default=root / "target/release/creamc", help="creamc; creamc-torch lies beside it")
    add("--out", type=Path, default=Path("runs/quality"), help="folder of all results")
    add("--root", type=Path, default=root, help="the repository: spaces, settings, images")
    add("--space", default="spaces/tiny.cream", help="below --root")
    add("--config", default="configs/demo.yaml", help="settings of the searches, below --root")
    add("--retrain-config", default="configs/demo-retrain.yaml", help="settings of the truth, below --root")
    add("--data", default="examples/fashion-mnist", help="below --root")
    add("--arms", default=",".join(ARMS), help="which, separated by commas; %(default)s")
    add("--arm", action="append", default=[], metavar="NAME=KEY=VALUE;…", help="one more arm with its settings")
    add("--paths", type=int, default=24, help="paths of the truth")
    add("--truth-seeds", type=int, default=3)
    add("--search-seeds", type=int, default=3)
    add("--epochs", type=int, default=36, help="of a search")
    add("--truth-epochs", type=int, default=24, help="of a training alone")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="one more setting of searches and trainings")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time, one thread each")
    add("--limit", type=float, default=float("inf"), help="seconds: no job starts that would end later")
    add("--no-seconds", action="store_true", help="leaves out the runs of equal seconds")
    add("--no-picks", action="store_true", help="does not train alone what was picked")
    add("--device", default="cpu")
    add("--plan", action="store_true", help="prints what would be done and how long it takes, and ends")
    args = parser.parse_args()
    args.arms = {name: ARMS[name] for name in args.arms.split(",") if name}
    for extra in args.arm:
        name, _, sets = extra.partition("=")
        args.arms[name] = [one for one in sets.split(";") if one]
    args.out, args.bin, args.root = args.out.resolve(), args.bin.resolve(), args.root.resolve()
    if not args.bin.is_file():
        sys.exit(f"{args.bin} is not there: build it with `cargo build --release`, or name it with --bin")
    if args.paths < 2:
        sys.exit("--paths: a ranking takes two or more")
    return args


def cpu_seconds(process):
    """What an ended process took of all processors; None while it runs."""
    pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    if pid == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


class Job:
    """One process, its folder (made anew), and how long it may take."""

    def __init__(self, kind, name, command, epochs):
        self.kind, self.name, self.command, self.epochs = kind, name, command, epochs


class Bench:
    def __init__(self, args):
        self.args = args
        self.done = args.out / "done"
        self.done.mkdir(parents=True, exist_ok=True)
        self.truth_seeds = [FIRST_TRUTH_SEED + more for more in range(args.truth_seeds)]
        self.search_seeds = [FIRST_SEARCH_SEED + more for more in range(args.search_seeds)]
        self.remember()
        args.arms = {arm: sets for arm, sets in args.arms.items() if self.knows(arm, sets)}
        self.paths = self.sample()
        self.random = {}

    def remember(self):
        """Results of other sizes do not mix: the folder knows what it is for."""
        a = self.args
        meant = {"space": a.space, "config": a.config, "retrain_config": a.retrain_config, "data": a.data, "paths": a.paths,
                 "epochs": a.epochs, "truth_epochs": a.truth_epochs, "set": a.set, "device": a.device}
        file = a.out / "meant.json"
        if not file.exists():
            file.write_text(json.dumps(meant, indent=1))
        elif json.loads(file.read_text()) != meant:
            sys.exit(f"{a.out} holds results for other arguments (meant.json): name another folder with --out")

    def knows(self, arm, sets):
        """Whether the tool has the arm's settings: they are read before the images, of which there are none."""
        if not sets:
            return True
        job = self.search("steps", arm, 0, 2)
        command = [str(part) for part in [self.args.bin, *job.command]]
        command[command.index("--data") + 1] = str(self.args.out / "no-images")
        said = subprocess.run(command, capture_output=True, text=True).stderr
        unknown = [one.split("=")[0] for one in sets if one.split("=")[0] in said]
        if unknown:
            print(f"left out: {arm}, because this tool refuses {', '.join(unknown)}", file=sys.stderr)
        return not unknown

    # What is asked of the tool

    def sample(self):
        """PATHS different random paths: [{name, choices, flops}], and their file."""
        file, table = self.args.out / "paths.cream", self.args.out / "paths.json"
        if not table.exists():
            space = self.args.root / self.args.space
            found = {}
            for one in self.drawn(space, 60 * self.args.paths, SAMPLE_SEED):
                found.setdefault(json.dumps(one["choices"]), one)
            found = list(found.values())[: self.args.paths]
            if len(found) < self.args.paths:
                sys.exit(f"{space} holds about {len(found)} paths inside its bounds: lower --paths")
            texts, rows = [], []
            for number, one in enumerate(found):
                words = one["arch"].split()
                texts.append(one["arch"].replace(f"arch {words[1]} ", f"arch path_{number} ", 1))
                rows.append({"name": f"path_{number}", "choices": json.dumps(one["choices"]), "flops": one["flops"]})
            file.write_text(f'cream 1\nuse "{space}"\n\n' + "\n".join(texts))
            table.write_text(json.dumps(rows))
        return json.loads(table.read_text())

    def drawn(self, space, count, seed):
        command = [self.args.bin, "sample", space, "-n", str(count), "--seed", str(seed), "--format", "json"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [json.loads(line) for line in text.splitlines()]

    def common(self, name, config, seed, sets):
        a = self.args
        command = ["--config", a.root / config, "--data", a.root / a.data, "--out", a.out / name, "--device", a.device]
        command += ["--seed", str(seed)]
        for one in ["WORKERS=0", *sets, *a.set]:
            command += ["--set", one]
        return command

    def alone(self, name, file, arch, seed):
        sets = [f"EPOCHS={self.args.truth_epochs}"]
        command = ["retrain", file, "--arch", arch, *self.common(name, self.args.retrain_config, seed, sets)]
        return Job("truth", name, command, self.args.truth_epochs)

    def search(self, mode, arm, seed, epochs):
        name = f"search/{mode}-{arm}-{seed}"
        start = min(round(epochs * START), epochs - 1)
        own = [one.format(last=epochs - 1) for one in self.args.arms[arm]]
        sets = [f"EPOCHS={epochs}", *own]
        if not any(one.startswith("SUPERNET.META_STA_EPOCH=") for one in own):
            sets.append(f"SUPERNET.META_STA_EPOCH={start}")
        command = ["search", self.args.root / self.args.space, *self.common(name, self.args.config, seed, sets)]
        return Job("search", name, command, epochs)

    def judge(self, run):
        name = run.replace("search/", "judge/")
        command = ["rank", self.args.out / "paths.cream", "--run", self.args.out / run, "--truth-seeds", "0"]
        command += ["--data", self.args.root / self.args.data, "--out", self.args.out / name, "--device", self.args.device]
        return Job("judge", name, command, 1)

    # What there is to do, as far as it is known by now

    def is_done(self, name):
        return (self.done / name.replace("/", "-")).exists()

    def seconds(self, name):
        return json.loads((self.done / name.replace("/", "-")).read_text())["seconds"]

    def result(self, name):
        return json.loads((self.args.out / name / "result.json").read_text())

    def searches(self):
        """(mode, arm, seed, epochs) of every search that can start."""
        arms = [arm for arm, sets in self.args.arms.items() if sets is not None]
        steps = [("steps", arm, seed, self.args.epochs) for seed in self.search_seeds for arm in arms]
        return steps + [
            ("seconds", arm, seed, epochs)
            for arm, epochs in self.equal_seconds(arms).items()
            for seed in self.search_seeds
        ]

    def equal_seconds(self, arms):
        """Epochs with which each arm takes as long as the reference; the median over seeds decides."""
        times = {arm: [self.seconds(f"search/steps-{arm}-{seed}") for seed in self.search_seeds
                       if self.is_done(f"search/steps-{arm}-{seed}")] for arm in arms}
        known = {arm for arm, seconds in times.items() if len(seconds) == len(self.search_seeds)}
        if self.args.no_seconds or REFERENCE not in known:
            return {}
        median = {arm: statistics.median(times[arm]) for arm in known}
        return {arm: max(2, round(self.args.epochs * median[REFERENCE] / median[arm])) for arm in arms
                if arm in known and arm != REFERENCE}

    def pick(self, mode, arm, seed):
        """The picked path: (choices, file, arch), once it is known."""
        if self.args.arms[arm] is None:
            if seed not in self.random:
                file = self.args.out / f"random-{seed}.cream"
                space = self.args.root / self.args.space
                drawn = self.drawn(space, 1, seed)[0]
                file.write_text(f'cream 1\nuse "{space}"\n\n' + drawn["arch"])
                self.random[seed] = json.dumps(drawn["choices"]), file, drawn["arch"].split()[1]
            return self.random[seed]
        run = f"search/{mode}-{arm}-{seed}"
        if not self.is_done(run):
            return None
        result = self.result(run)
        return json.dumps(result["choices"]), self.args.out / run / "best.cream", result["arch"]

    def alone_name(self, choices, seed):
        """A path that was picked twice, or is one of the truth's, is trained once."""
        for row in self.paths:
            if row["choices"] == choices:
                return f"truth/{row['name']}-{seed}"
        digits = choices.translate(str.maketrans({"[": "", "]": "_", ",": "", " ": ""})).strip("_")
        return f"pick/{digits}-{seed}"

    def jobs(self):
        """Every job that is known by now, the most urgent first, done or not."""
        found = {}
        searches = self.searches()
        # The longest first, so that the last do not run alone.
        for one in sorted(searches, key=lambda one: -one[3]):
            job = self.search(*one)
            found[job.name] = job
        for row in self.paths:
            for seed in self.truth_seeds:
                name = f"truth/{row['name']}-{seed}"
                found[name] = self.alone(name, self.args.out / "paths.cream", row["name"], seed)
        for mode, arm, seed, _ in searches:
            run = f"search/{mode}-{arm}-{seed}"
            if self.is_done(run):
                job = self.judge(run)
                found[job.name] = job
        for mode, arm, seed in self.picks():
            picked = None if self.args.no_picks else self.pick(mode, arm, seed)
            if picked:
                for truth_seed in self.truth_seeds:
                    name = self.alone_name(picked[0], truth_seed)
                    found.setdefault(name, self.alone(name, picked[1], picked[2], truth_seed))
        return list(found.values())

    def picks(self):
        """(mode, arm, seed) of everything that picks a path."""
        random = [("any", arm, seed) for arm, sets in self.args.arms.items() if sets is None for seed in self.search_seeds]
        return [(mode, arm, seed) for mode, arm, seed, _ in self.searches()] + random

    # Running

    def guess(self, job):
        """Seconds it will take: by what its like took here, else a guess for one core."""
        known = [json.loads(file.read_text()) for file in self.done.iterdir()]
        known = [one["seconds"] / one["epochs"] for one in known if one["kind"] == job.kind]
        # The slowest of its like, so that a limit holds.
        return job.epochs * (1.1 * max(known) if known else GUESS[job.kind])

    def start(self, job):
        folder = self.args.out / job.name
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        log = open(folder.parent / (folder.name + ".log"), "w")
        environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
        command = [str(part) for part in [self.args.bin, *job.command]]
        print(" ".join(command), file=log, flush=True)
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        return process, time.monotonic(), job

    def ended(self, process, start, job, cpu):
        log = self.args.out / (job.name + ".log")
        result = self.args.out / job.name / "result.json"
        if process.returncode != 0 or not result.exists():
            sys.exit(f"{job.name} ended with {process.returncode}; its output is in {log}:\n{log.read_text()[-2000:]}")
        if json.loads(result.read_text()).get("stopped"):
            sys.exit(f"{job.name} was stopped from outside; run the command again")
        wall = round(time.monotonic() - start, 2)
        about = {"kind": job.kind, "epochs": job.epochs, "seconds": round(cpu, 2), "wall": wall}
        file = self.done / job.name.replace("/", "-")
        file.with_suffix(".partial").write_text(json.dumps(about))
        file.with_suffix(".partial").rename(file)
        print(f"{job.name}: {about['seconds']:.0f} s", flush=True)

    def run(self):
        """Runs what is left; whether all is done."""
        begin, running = time.monotonic(), []
        try:
            while True:
                busy = {job.name for _, _, job in running}
                waiting = [job for job in self.jobs() if not self.is_done(job.name) and job.name not in busy]
                for job in waiting:
                    in_time = time.monotonic() - begin + self.guess(job) <= self.args.limit
                    if len(running) < self.args.jobs and in_time:
                        running.append(self.start(job))
                if not running:
                    return not waiting
                time.sleep(0.1)
                while not (over := [(one, cpu) for one in running if (cpu := cpu_seconds(one[0])) is not None]):
                    if time.monotonic() - begin > self.args.limit:
                        return False
                    time.sleep(0.1)
                for one, cpu in over:
                    running.remove(one)
                    self.ended(*one, cpu)
        finally:
            # Only what was started here; a job that is cut off begins anew the next time.
            for process, _, _ in running:
                process.kill()
                process.wait()

    def plan(self):
        """What is left, by kind. What is not known yet counts with the most it can be."""
        searches = len([arm for arm in self.args.arms.values() if arm is not None]) * len(self.search_seeds)
        random = len(self.picks()) - len(self.searches())
        modes = 1 if self.args.no_seconds else 2
        repeated = 0 if self.args.no_seconds else len(self.search_seeds) * (REFERENCE in self.args.arms)
        all_searches = searches * modes - repeated
        picks = 0 if self.args.no_picks else all_searches + random
        most = {"search": all_searches, "judge": all_searches,
                "truth": (len(self.paths) + picks) * len(self.truth_seeds)}
        epochs = {"search": self.args.epochs, "judge": 1, "truth": self.args.truth_epochs}
        rows, total = [], 0.0
        for kind, count in most.items():
            done = sum(json.loads(file.read_text())["kind"] == kind for file in self.done.iterdir())
            each = self.guess(Job(kind, "", [], epochs[kind]))
            total += max(count - done, 0) * each
            rows.append(f"| {kind} | {count} | {done} | {each:.0f} s | {max(count - done, 0) * each / 60:.0f} min |")
        print("| job | at most | done | one takes about | all that is left |\n|---|---|---|---|---|\n" + "\n".join(rows))
        print(f"\nwith {self.args.jobs} jobs at a time about {total / self.args.jobs / 60:.0f} min "
              "(an equal-seconds search of a quick arm takes as long as one of the reference)")

    # The table

    def truth(self, choices):
        return [self.result(self.alone_name(choices, seed))["test"]["top1"] for seed in self.truth_seeds]

    def table(self):
        columns = list(zip(*(self.truth(row["choices"]) for row in self.paths)))
        means = [statistics.mean(column) for column in zip(*columns)]
        pairs = [tau(a, b) for at, a in enumerate(columns) for b in columns[:at]]
        ceiling = mean_of(pairs)
        flops = tau([row["flops"] for row in self.paths], means)
        print(f"truth: {len(self.paths)} paths × {len(self.truth_seeds)} seeds, top-1 {min(means):.2f} to {max(means):.2f} %, "
              f"mean {statistics.mean(means):.2f} %, sd of paths {spread(means):.2f}, of seeds {seed_noise(columns):.2f}")
        print(f"ceiling (τ between truth seeds): {number(ceiling)}; τ of flops alone: {number(flops)}\n")
        print("| arm | at equal | epochs | seconds | τ | of the ceiling | best of the truth's paths by the judge: place | "
              "pick: top-1 | pick: place | pick beats |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        epochs = {(mode, arm): epochs for mode, arm, _, epochs in self.searches()}
        for mode, arm in dict.fromkeys((mode, arm) for mode, arm, _ in self.picks()):
            print(self.row(mode, arm, epochs.get((mode, arm)), means, ceiling))

    def row(self, mode, arm, epochs, means, ceiling):
        taus, seconds, best, tops, places, beats = [], [], [], [], [], []
        for seed in self.search_seeds:
            if not self.args.no_picks:
                choices = self.pick(mode, arm, seed)[0]
                top1 = statistics.mean(self.truth(choices))
                others = [mean for mean, row in zip(means, self.paths) if row["choices"] != choices]
                tops.append(top1)
                places.append(1 + sum(mean > top1 for mean in others))
                beats.append(100 * sum(mean < top1 for mean in others) / len(others))
            if epochs:
                losses = self.losses(f"judge/{mode}-{arm}-{seed}")
                liked = min(range(len(losses)), key=losses.__getitem__)
                taus.append(tau([-loss for loss in losses], means))
                best.append(1 + sum(mean > means[liked] for mean in means))
                seconds.append(self.seconds(f"search/{mode}-{arm}-{seed}"))
        share = number(mean_of(taus) / ceiling * 100, 0) + " %" if (ceiling or 0) > 0 and mean_of(taus) is not None else "–"
        cells = [arm, mode, str(epochs or "–"), around(seconds, 0), around(taus, 2), share, around(best, 1),
                 around(tops, 2) + " %", around(places, 1), around(beats, 0) + " %"]
        return "| " + " | ".join(cells) + " |"

    def losses(self, name):
        """The judge's loss of every path of the truth, in their order."""
        with open(self.args.out / name / "rank.csv") as file:
            rows = {row["path"]: float(row["judge_loss"]) for row in csv.DictReader(file)}
        losses = [rows[row["name"]] for row in self.paths]
        return [loss if loss == loss else float("inf") for loss in losses]


# Figures

def tau(a, b):
    """Kendall's tau-b; None where one of them orders nothing."""
    sign = lambda x, y: (x > y) - (x < y)
    both = in_a = in_b = 0
    for i in range(len(a)):
        for j in range(i):
            of_a, of_b = sign(a[i], a[j]), sign(b[i], b[j])
            both, in_a, in_b = both + of_a * of_b, in_a + abs(of_a), in_b + abs(of_b)
    return both / (in_a * in_b) ** 0.5 if in_a and in_b else None


def mean_of(values):
    values = [value for value in values if value is not None]
    return statistics.mean(values) if values else None


def spread(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def seed_noise(columns):
    """The deviation between seeds of one path, over all paths."""
    if len(columns) < 2:
        return float("nan")
    return statistics.mean(statistics.variance(row) for row in zip(*columns)) ** 0.5


def number(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


def around(values, digits):
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    return f"{statistics.mean(values):.{digits}f} ± {spread(values):.{digits}f}"


def main():
    bench = Bench(arguments())
    if bench.args.plan:
        return bench.plan()
    if not bench.run():
        left = sum(not bench.is_done(job.name) for job in bench.jobs())
        print(f"the limit is reached: {left} known jobs are left; run the same command again")
        sys.exit(3)
    bench.table()


if __name__ == "__main__":
    main()
