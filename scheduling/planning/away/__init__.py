"""A clinician is away: one plan for all their visits together. docs/away.md says what is weighed, and how."""
