#pragma once

// How many files and sockets the process may have open. The system's usual soft limit of 1024 is for
// programs that call select(); this one does not.

namespace tremorcast {

// Raises the soft limit up to the hard one, to at most 65,536. Call it before threads start.
void RaiseDescriptorLimit();

}  // namespace tremorcast
