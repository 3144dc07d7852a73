//! Which shard a run is: `--shard`, or what the cluster's scheduler says in the environment.

use super::failure::Failure;
use crate::ledger::Shard;

/// Slurm's job arrays.
const SLURM: &str = "SLURM_ARRAY_TASK_ID";
/// Kubernetes' Indexed Jobs. They give no count.
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";
/// The count that belongs to it.
const COUNT: &str = "MUJAZ_SHARD_COUNT";

/// `flag`, else what the environment says, else all. The environment's choice is told on stderr.
///
/// # Errors
/// [`Failure`] for an environment that makes no sense: a run over all articles on each machine would be none either.
pub fn choose(flag: Option<Shard>, quiet: bool) -> Result<Shard, Failure> {
    if let Some(shard) = flag {
        return Ok(shard);
    }
    let Some((shard, from)) = from_environment(&|name| std::env::var(name).ok())? else { return Ok(Shard::WHOLE) };
    if !quiet {
        eprintln!("shard {shard}, from {from}");
    }
    Ok(shard)
}

fn from_environment(get: &dyn Fn(&str) -> Option<String>) -> Result<Option<(Shard, &'static str)>, Failure> {
    let number = |name: &'static str| -> Result<Option<u32>, Failure> {
        let Some(text) = get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| wrong(format!("{name}={text} is no number")))
    };
    if let Some(task) = number(SLURM)? {
        let count = number("SLURM_ARRAY_TASK_COUNT")?.ok_or_else(|| wrong(format!("{SLURM} without its count")))?;
        let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0);
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        // An array with holes has numbers beyond its count: which part is whose can't be told from one task.
        let index = task.checked_sub(first).filter(|offset| offset % step == 0).map(|offset| offset / step + 1);
        let shard = index.and_then(|index| Shard::new(index, count).ok());
        return match shard {
            Some(shard) => Ok(Some((shard, SLURM))),
            None => {
                Err(wrong(format!("task {task} is none of {count} tasks that begin at {first} in steps of {step}")))
            }
        };
    }
    let Some(index) = number(KUBERNETES)? else { return Ok(None) };
    let count = number(COUNT)?.ok_or_else(|| wrong(format!("{KUBERNETES} without {COUNT}")))?;
    match index.checked_add(1).and_then(|index| Shard::new(index, count).ok()) {
        Some(shard) => Ok(Some((shard, KUBERNETES))),
        None => Err(wrong(format!("{KUBERNETES}={index} is none of {count}, counted from 0"))),
    }
}

fn wrong(message: String) -> Failure {
    Failure::usage(anyhow::anyhow!("the shard can't be told from the environment: {message}"))
        .hint("name it with --shard I/N; --shard 1/1 takes all articles")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedulers_name_the_shard() {
        type Row<'r> = (&'r [(&'r str, &'r str)], Result<Option<&'r str>, ()>);
        let rows: [Row; 9] = [
            (&[], Ok(None)),
            (&[("SLURM_ARRAY_TASK_ID", "0"), ("SLURM_ARRAY_TASK_COUNT", "4")], Ok(Some("1/4"))),
            (
                &[("SLURM_ARRAY_TASK_ID", "4"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_MIN", "1")],
                Ok(Some("4/4")),
            ),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "5"),
                    ("SLURM_ARRAY_TASK_COUNT", "2"),
                    ("SLURM_ARRAY_TASK_MIN", "3"),
                    ("SLURM_ARRAY_TASK_STEP", "2"),
                ],
                Ok(Some("2/2")),
            ),
            (&[("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_COUNT", "3")], Err(())),
            (&[("SLURM_ARRAY_TASK_ID", "1")], Err(())),
            (&[("JOB_COMPLETION_INDEX", "2"), ("MUJAZ_SHARD_COUNT", "3")], Ok(Some("3/3"))),
            (&[("JOB_COMPLETION_INDEX", "2")], Err(())),
            (&[("JOB_COMPLETION_INDEX", "x"), ("MUJAZ_SHARD_COUNT", "3")], Err(())),
        ];
        for (environment, expected) in rows {
            let get = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
            let found = from_environment(&get).map(|found| found.map(|(shard, _)| shard.to_string())).map_err(drop);
            assert_eq!(found, expected.map(|shard| shard.map(str::to_owned)), "{environment:?}");
        }
    }
}
