// PTX through ptxas, which needs no GPU.
#pragma once

#include <string>

namespace tile::test {

/// The path of ptxas; "" where the CUDA toolkit is not installed.
const char *ptxas();

/// What ptxas says of this PTX; "" when it takes it and spills no register.
std::string complaints(const std::string &ptx, const std::string &arch);

} // namespace tile::test
