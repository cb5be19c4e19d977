// Gloo's own headers do not come with libtorch, though c10d's header for Gloo asks for five of them. What it
// needs of these types are their names; of `Store`, its virtual functions in the order of the library.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

class Context {
public:
  void setTimeout(std::chrono::milliseconds timeout);
};

namespace transport {
class Device;
class UnboundBuffer;
} // namespace transport

} // namespace gloo
