//! `cargo bench --manifest-path bench/Cargo.toml`, with `-- --quick`, `--all`, `--check`, `--publish`, `--json PATH` and
//! a part of a row's name.

use instrumetrics_bench::budget::{Budget, budgets};
use instrumetrics_bench::options::Options;
use instrumetrics_bench::report::{self, Results, Setting};
use instrumetrics_bench::{
    child, extra, memory, operations, peers, plot, publish, scrape, subjects, threads, turns,
};
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(child::ARGUMENT) {
        let what = arguments.next().unwrap_or_default();
        let how = arguments.next().unwrap_or_default();
        // Making a series and the first call of a process are measured as they come.
        if what == "threads" || (what == "extra" && how.starts_with("extra/")) {
            prepare();
        }
        println!("{}", child::measure(&what, &how)?);
        return Ok(ExitCode::SUCCESS);
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let options = Options::from_arguments(std::env::args().skip(1), target.join("results.json"))?;
    let before = load();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rounds = [options.rounds(201), options.rounds(101), options.rounds(51)];
    prepare();
    let results = measure(&options, rounds)?;
    let setting = Setting {
        processor: processor(),
        cores,
        pinned: threads::pinnable() > 0,
        compiler: said_by("rustc", &["--version"]),
        day: said_by("date", &["-u", "+%Y-%m-%d"]),
        load: [before, load()],
        rounds,
    };
    let tables = report::markdown(&results, &setting);
    print!("{tables}");
    let json = serde_json::to_string_pretty(&report::json(&results, &setting))?;
    std::fs::write(&options.json, json)?;
    std::fs::write(target.join("results.md"), &tables)?;
    let plot = plot::svg(&results);
    std::fs::write(target.join("performance.svg"), &plot)?;
    if options.publish {
        publish::publish(&tables, &plot)?;
    }
    let missed = missed(&results, &options);
    for budget in &missed {
        eprintln!(
            "missed: {}: {:.3}, limit {}",
            budget.what, budget.value, budget.limit
        );
    }
    Ok(if options.check && !missed.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn prepare() {
    peers::install();
    warm_up();
}

fn measure(options: &Options, rounds: [usize; 3]) -> Result<Results, Box<dyn Error>> {
    let mut alone = subjects::alone();
    alone.retain(|x| options.wants(x.row) || x.row.starts_with("reference/"));
    let mut contended = subjects::contended();
    contended.retain(|x| options.wants(x.row));
    let alone = turns::run(&alone, rounds[0]);
    let mut scrapes = Vec::new();
    if options.wants("flush/") {
        scrapes.extend(child::flushes(rounds[2])?);
    }
    scrapes.extend(scrape::run(|row| options.wants(row), rounds[2])?);
    Ok(Results {
        alone,
        pairs: threads::run(&contended, rounds[1])?,
        scrapes,
        memory: memory::run(|row| options.wants(row))?,
        operations: if options.wants("operations/") {
            operations::run(env!("CARGO_BIN_EXE_operations"))?
        } else {
            Vec::new()
        },
        extra: extra::run(options)?,
    })
}

/// What is promised and not kept. Of what a filter left out, nothing can be said.
fn missed(results: &Results, options: &Options) -> Vec<Budget> {
    let enforced = budgets(results)
        .into_iter()
        .filter(|budget| budget.enforced);
    enforced
        .filter(|budget| !budget.met() && (budget.measured() || options.filter.is_empty()))
        .collect()
}

/// Lets the toolkit's clock find its rate, which takes a fifth of a second after the first reading.
fn warm_up() {
    #[instrumetrics::timed("bench_warm_up_seconds")]
    fn first() {}
    first();
    std::thread::sleep(Duration::from_millis(600));
}

fn processor() -> String {
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(": ")?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown processor".into())
}

/// How many threads wanted to run in the last minute.
fn load() -> String {
    let loads = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loads.split(' ').next().unwrap_or("unknown").to_owned()
}

/// The first line that a program prints.
fn said_by(program: &str, arguments: &[&str]) -> String {
    let said = Command::new(program).args(arguments).output();
    said.ok()
        .and_then(|said| String::from_utf8(said.stdout).ok())
        .and_then(|said| said.lines().next().map(str::to_owned))
        .unwrap_or_else(|| "unknown".into())
}
