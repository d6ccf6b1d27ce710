"""The course: exercises on real servers, each a state that is brought about and observations that must hold in the end.

`exercise` says what one is, `exercises` are they, `play` lets a learner work on one, `attempt` keeps what was done,
`report` shows it. Words are in `tailrace/course`, in each language; `text` reads them.
"""
