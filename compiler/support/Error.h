// Three kinds of failure, never mixed: the caller's mistake, our bug, the device's failure.
// A program's exit code follows the kind: 2, 70, 3.
#pragma once

#include <stdexcept>
#include <string>

namespace tile {

class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
  virtual int exit_code() const = 0;
};

/// The caller's mistake. The message says what was given, what is accepted, and where.
class UserError : public Error {
public:
  using Error::Error;
  int exit_code() const override { return 2; }
};

/// Our bug. The message says which reproducer was written, if one was.
class InternalError : public Error {
public:
  using Error::Error;
  int exit_code() const override { return 70; }
};

/// The device's failure: the driver's own words and what was asked of it.
class DeviceError : public Error {
public:
  using Error::Error;
  int exit_code() const override { return 3; }
};

} // namespace tile
