// What a launch must know of a kernel's PTX.
#pragma once

#include <string_view>

namespace tile::runtime {

/// Whether the kernel waits by itself for the one before it in the stream: a line of its is griddepcontrol.wait. It may
/// then be started before that one has ended.
bool waits_itself(std::string_view ptx);

} // namespace tile::runtime
