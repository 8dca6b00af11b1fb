"""The defence: ten questions on a submission, and their answers, from a recording of it.

    labs/N-name/defence/   NAME.c           a program: steps with a marker before and after each
                           defence.toml     whose calls are watched, which questions are asked
    run.py     the submission is built, the program runs on it, its steps are recorded
    model.py   the recording as steps, calls, variables, pages
    kinds.py   questions: each kind computes its answer from the model, or from another run
    sheet.py   the sheet for the student and the key for the teacher, in English or Chinese
"""
