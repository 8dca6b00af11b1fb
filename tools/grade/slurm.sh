#!/bin/sh
# slurm.sh - the submissions of a class as an array of Slurm jobs.
#
#   tools/fathom grade-class 1 DIR -o OUT --list > OUT/jobs     one command a line
#   sbatch --array=1-$(wc -l < OUT/jobs)%20 tools/grade/slurm.sh OUT/jobs
#   tools/fathom grade-class 1 DIR -o OUT --pages               when all have ended
#
# The nodes see this folder, DIR and OUT under the same paths, and the system has been built.
#SBATCH --ntasks=1
#SBATCH --mem=1G
#SBATCH --time=00:30:00
#SBATCH --output=/dev/null
set -u
jobs=${1:?the file of --list}
IFS='	'
# One line, its words divided by tabs.  The exit code says only if all points were reached.
set -- $(sed -n "${SLURM_ARRAY_TASK_ID:?run it by sbatch --array}p" "$jobs")
FATHOM_BUILT=1 "$@" || [ $? -le 2 ]
