#!/usr/bin/env bash
# A Slurm array over one folder of articles:  sbatch docs/slurm-array.sh ARTICLES BRIEFINGS [FLAG...]
#SBATCH --job-name=mujaz
#SBATCH --array=1-8
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@300
#SBATCH --requeue
set -u

articles="$1"
briefings="$2"
shift 2

# On the node's own disk. The name has no node in it: a task that comes back to the node finds its state.
state="${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/mujaz-state-${SLURM_ARRAY_JOB_ID}-${SLURM_ARRAY_TASK_ID}"

# Slurm signals this shell five minutes before the time is over; the program then ends its batch and keeps its work.
mujaz brief "$articles" --out "$briefings" --state "$state" "$@" &
pid=$!
trap 'kill -TERM "$pid" 2>/dev/null' TERM INT
wait "$pid"
code=$?
while kill -0 "$pid" 2>/dev/null; do
    wait "$pid"
    code=$?
done

case "$code" in
0) exit 0 ;;
1)
    echo "some articles failed: see failed-*.jsonl in $briefings" >&2
    exit 0
    ;;
75 | 130 | 143)
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
    exit 0
    ;;
*) exit "$code" ;;
esac
