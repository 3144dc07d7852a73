//! `docs/cluster.md` and what it points to, held against the program.

use super::support::{Place, assert_same, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn doc(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// A program `name` in `bin/`.
fn install(place: &Place, name: &str, script: &str) {
    place.write(&format!("bin/{name}"), script);
    fs::set_permissions(place.path(&format!("bin/{name}")), fs::Permissions::from_mode(0o755)).unwrap();
}

/// One task of an array, as Slurm starts it.
fn task(place: &Place, number: usize, count: usize) -> Command {
    let mut command = Command::new("bash");
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .arg(doc("slurm-array.sh"))
        .args(["in", "out"])
        .current_dir(place.path(""))
        .env_clear()
        .env("PATH", format!("{}:{path}", place.path("bin").display()))
        .env("HOME", place.path("home"))
        .env("TMPDIR", place.path("tmp"))
        .env("SLURM_ARRAY_JOB_ID", "77")
        .env("SLURM_ARRAY_TASK_ID", number.to_string())
        .env("SLURM_ARRAY_TASK_MIN", "1")
        .env("SLURM_ARRAY_TASK_COUNT", count.to_string());
    command
}

#[test]
fn the_slurm_script_gives_the_files_of_one_process_and_acts_on_exit_codes() {
    let place = Place::with_articles(20);
    fs::create_dir(place.path("tmp")).unwrap();
    run(&mut place.command(&["brief", "in", "--out", "whole"]), 0);
    let test = std::env::current_exe().unwrap();
    let program = format!(
        "#!/bin/bash\nlist=$(printf '\"%s\",' \"$@\")\nexport FAKE_ARGUMENTS=\"[${{list%,}}]\"\n\
         exec '{}' --ignored --exact program::as_mujaz --nocapture --test-threads 1\n",
        test.display()
    );
    install(&place, "mujaz", &program);
    install(&place, "scontrol", "#!/bin/bash\necho \"$*\" >>requeued\n");
    for number in 1..=3 {
        run(&mut task(&place, number, 3), 0);
    }
    assert_same(&place.files("whole"), &place.files("out"));
    assert!(!place.path("requeued").exists());

    for (code, expected, requeued) in [(1, 0, false), (2, 2, false), (3, 3, false), (75, 0, true), (143, 0, true)] {
        let _ = fs::remove_file(place.path("requeued"));
        install(&place, "mujaz", &format!("#!/bin/bash\nexit {code}\n"));
        run(&mut task(&place, 2, 3), expected);
        let told = fs::read_to_string(place.path("requeued")).unwrap_or_default();
        assert_eq!(told, if requeued { "requeue 77_2\n" } else { "" }, "exit code {code}");
    }
}

#[test]
fn the_kubernetes_job_counts_its_shards_and_knows_the_exit_codes() {
    let job = fs::read_to_string(doc("kubernetes-job.yaml")).unwrap();
    let number_after = |key: &str| {
        let (_, after) = job.split_once(key).unwrap_or_else(|| panic!("{key} is missing"));
        after.trim_start_matches([' ', '"']).split(|c: char| !c.is_ascii_digit()).next().unwrap().to_owned()
    };
    assert_eq!(number_after("completions:"), number_after("name: MUJAZ_SHARD_COUNT\n              value:"));
    assert!(
        job.contains("completionMode: Indexed") && job.contains("values: [2, 3]") && job.contains("values: [130, 143]")
    );
    let place = Place::with_articles(6);
    for index in 0..2 {
        let mut command = place.command(&["brief", "in", "--out", "out"]);
        let output = run(command.env("JOB_COMPLETION_INDEX", index.to_string()).env("MUJAZ_SHARD_COUNT", "2"), 0);
        assert!(output.contains(&format!("shard {}/2, from JOB_COMPLETION_INDEX", index + 1)), "{output}");
    }
    assert_eq!(place.times("out").len(), 6);
}
