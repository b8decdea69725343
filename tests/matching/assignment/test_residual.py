"""Candidate lists of the residual graph."""

import numpy as np

from pigeonhole.matching.assignment.problem import new_problem
from pigeonhole.matching.assignment.residual import list_all_candidates
from pigeonhole.matching.assignment.solver import new_residual_graph


def test_candidates_have_the_least_reduced_costs_and_the_rest_a_lower_bound():
    random = np.random.default_rng(5)
    cells, tiles = (random.integers(0, 256, (n, 4, 3), np.uint8) for n in (9, 30))
    problem = new_problem(cells, tiles)
    graph = new_residual_graph(problem, 1)
    graph.duals[:] = random.integers(0, 500, len(graph.duals))
    list_all_candidates(problem, graph)
    reduced = problem.costs + graph.duals[:-1]
    order = np.argsort(reduced, axis=1, kind="stable")
    size = graph.candidates.shape[1]
    np.testing.assert_array_equal(graph.candidates, order[:, :size])
    np.testing.assert_array_equal(
        graph.candidate_costs, np.take_along_axis(problem.costs, order[:, :size], 1)
    )
    np.testing.assert_array_equal(
        graph.next_reduced_cost, np.sort(reduced, axis=1)[:, size]
    )
