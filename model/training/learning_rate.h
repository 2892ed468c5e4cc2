#pragma once

// How the learning rate goes down over a run (Loshchilov and Hutter, "SGDR: stochastic gradient
// descent with warm restarts", 2017). Constant within an epoch. Pure; thread safe.

#include "model/training/training.h"

namespace tremorcast {

// Cosine annealing from options.learning_rate at epoch 0 to 0 at options.max_epochs, in one arc or,
// with warm restarts, in arcs of which each is twice as long as the one before it. Epochs count
// from 0; options.max_epochs must be resolved (ResolveOptions).
double LearningRate(const TrainOptions& options, int epoch);

// Epochs of the first arc: options.restart_epochs, or where that is 0 a fifteenth of the run, so
// that it is four arcs long (1 + 2 + 4 + 8), as in the paper's runs of 150 epochs from arcs of 10.
int FirstArc(const TrainOptions& options);

}  // namespace tremorcast
