// Dynamic storage allocation, known beforehand: intervals of time, each to be given a place of its size in a strip.
//
// Whatever the plan, pushing everything down as far as it goes, from the lowest on, makes it no higher. So some order of
// the lifetimes, each put at the lowest place where it fits, gives a smallest plan, and it is orders that are looked for:
//
//  1. Orders that do well on networks: by size, by the sum at the fullest dispatch and by size times length (Pisarchyk and
//     Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, name the first two greedy by size and by
//     breadth), and by time.
//  2. From the best of them, small changes around what makes the plan high, as the allocator of Arm's compiler Vela does
//     it ("hill climb"; the same is in TVM's unified static memory planner). The place of a lifetime in a plan is due to
//     what is below it, so what is moved in the order is something of the stack that reaches the top.
//
// The lower bound ends both: most plans of networks reach it with the first or second order.
#pragma once

#include "../memory_plan.hpp"

#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

class MemoryPlanner {
public:
  // With this many every index has 32 bits.
  static constexpr std::size_t most_lifetimes = std::size_t{1} << 24;

  /// The size is a multiple of the alignment and not 0.
  bool add(const Lifetime& lifetime) {
    return items_.push_back({lifetime.bytes, lifetime.first, lifetime.last, 0});
  }

  /// Whether there was memory for it.
  bool plan() {
    if (items_.empty()) return true;
    if (!number_times() || !make_levels() || !order_.resize(items_.size()) ||
        !best_order_.resize(items_.size()) || !offsets_.resize(items_.size()) ||
        !best_offsets_.resize(items_.size()))
      return false;
    for (const By by : {By::Size, By::PeakThenArea, By::PeakThenLength, By::Area, By::End}) {
      if (finished()) break;
      sort_by(by);
      // Whatever is not lower than the best is given up.
      if (place(height_ - 1)) accept();
    }
    search();
    return true;
  }

  std::uint64_t lower_bound() const { return lower_bound_; }
  std::uint64_t height() const { return items_.empty() ? 0 : height_; }
  /// In the order in which they were added.
  Span<const std::uint64_t> offsets() const { return best_offsets_; }

private:
  static constexpr std::uint64_t no_limit = ~std::uint64_t{0};
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  // What is spent on a plan, in places looked at, a few nanoseconds each, and in changes in vain after one another.
  // The second of each is for a plan that misses the goal of a tenth above the bound.
  static constexpr std::uint64_t usual_work = 2'000'000, most_work = 30'000'000;
  static constexpr std::uint32_t usual_tries = 1'000, most_tries = 10'000;

  // Times are counted in dispatches at which something begins: what overlaps does so at one of those.
  struct Item {
    std::uint64_t bytes;
    std::uint32_t first, last;
    std::uint32_t level;  // the finest whose windows are wide enough
  };
  struct Placed {
    std::uint64_t begin, end;  // bytes
    std::uint32_t first, last;
  };
  // Windows of time that overlap by half, so that every item up to half as long as one lies in one. Each window lists
  // what is placed and touches it, sorted by offset, so an item is compared with what is around it alone.
  struct Level {
    std::uint32_t width, step;  // times
    std::uint32_t windows;      // index of the first one
    bool used;
  };
  struct Window {
    std::uint32_t places;  // index of the first one
    std::uint32_t size;
  };
  struct Key {
    std::uint64_t major, minor;
    std::uint32_t item;
    bool operator<(const Key& other) const {
      if (major != other.major) return major < other.major;
      return minor != other.minor ? minor < other.minor : item < other.item;
    }
  };
  enum class By : std::uint8_t { Size, PeakThenArea, PeakThenLength, Area, End };

  static bool overlap(const Item& a, const Item& b) { return a.first <= b.last && b.first <= a.last; }
  bool missed() const { return height_ - lower_bound_ > lower_bound_ / 10; }
  bool finished() const {
    return height_ == lower_bound_ || (height_ != no_limit && work_ > (missed() ? most_work : usual_work));
  }

  // Heap sort: the keys are all different, so the order is the same with every compiler.
  void sort_keys() {
    Key* const keys = keys_.data();
    for (std::size_t begin = keys_.size() / 2, end = keys_.size(); end > 1;) {
      if (begin > 0) {
        --begin;
      } else {
        const Key largest = keys[0];
        keys[0] = keys[--end];
        keys[end] = largest;
      }
      std::size_t hole = begin;
      const Key key = keys[begin];
      for (std::size_t child; (child = 2 * hole + 1) < end; hole = child) {
        if (child + 1 < end && keys[child] < keys[child + 1]) ++child;
        if (!(key < keys[child])) break;
        keys[hole] = keys[child];
      }
      keys[hole] = key;
    }
  }

  // Numbers the times, and sums up what is alive at each.
  bool number_times() {
    const std::size_t n = items_.size();
    Buffer<std::uint32_t> starts;
    if (!keys_.resize(n) || !starts.reserve(n)) return false;
    for (std::uint32_t i = 0; i < n; ++i) keys_[i] = {items_[i].first, 0, i};
    sort_keys();
    for (const Key& key : keys_) {
      const std::uint32_t time = static_cast<std::uint32_t>(key.major);
      if (starts.empty() || starts.back() != time) starts.push_back(time);
    }
    const std::uint32_t times = static_cast<std::uint32_t>(starts.size());
    // The last one of them that is not after `time`, which is not before the first.
    const auto number = [&](std::uint32_t time) {
      std::uint32_t low = 0, high = times;
      while (high - low > 1) {
        const std::uint32_t middle = low + (high - low) / 2;
        (starts[middle] <= time ? low : high) = middle;
      }
      return low;
    };
    if (!alive_.resize(times, 0)) return false;
    for (Item& item : items_) {
      item.first = number(item.first);
      item.last = number(item.last);
      alive_[item.first] += item.bytes;
      if (item.last + 1 < times) alive_[item.last + 1] -= item.bytes;
    }
    for (std::uint32_t t = 0; t < times; ++t) {
      if (t) alive_[t] += alive_[t - 1];
      if (alive_[t] > lower_bound_) lower_bound_ = alive_[t];
    }
    return true;
  }

  static std::uint32_t first_window(const Level& level, const Item& item) {
    const std::uint32_t window = item.first / level.step;
    return window ? window - 1 : 0;
  }

  bool make_levels() {
    const std::uint32_t times = static_cast<std::uint32_t>(alive_.size());
    if (!levels_.push_back({times, times, 0, false})) return false;
    for (std::uint32_t step = times / 4; step >= 4; step /= 4) {
      const Level level = {2 * step, step, 0, false};
      std::uint64_t listed = 0;
      for (const Item& item : items_) listed += item.last / step - first_window(level, item) + 1;
      // Where most items reach over many windows, lists of them cost more than they save.
      if (listed > 8 * items_.size()) break;
      if (!levels_.push_back(level)) return false;
    }
    for (Item& item : items_) {
      for (item.level = static_cast<std::uint32_t>(levels_.size() - 1);; --item.level) {
        const Level& level = levels_[item.level];
        if (item.last - item.first / level.step * level.step < level.width) break;
      }
      levels_[item.level].used = true;
    }
    for (Level& level : levels_) {
      level.windows = static_cast<std::uint32_t>(windows_.size());
      if (!level.used) continue;
      if (!windows_.resize(windows_.size() + (times - 1) / level.step + 1, Window{0, 0})) return false;
      for (const Item& item : items_)
        for (std::uint32_t w = first_window(level, item); w <= item.last / level.step; ++w)
          ++windows_[level.windows + w].size;
    }
    std::uint32_t places = 0;
    for (Window& window : windows_) {
      window.places = places;
      places += window.size;
    }
    return places_.resize(places);
  }

  void sort_by(By by) {
    for (std::uint32_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      const std::uint64_t length = item.last - item.first + 1;
      const std::uint64_t area = item.bytes > no_limit / length ? no_limit : item.bytes * length;
      std::uint64_t peak = 0;
      if (by == By::PeakThenArea || by == By::PeakThenLength)
        for (std::uint32_t t = item.first; t <= item.last; ++t)
          if (alive_[t] > peak) peak = alive_[t];
      struct Order {
        std::uint64_t major, minor;
      };
      const auto order = [&]() -> Order {
        switch (by) {
          case By::Size: return {item.bytes, length};
          case By::PeakThenArea: return {peak, area};
          case By::PeakThenLength: return {peak, length};
          case By::Area: return {area, item.bytes};
          case By::End: return {item.last, item.bytes};
        }
        return {0, 0};
      }();
      keys_[i] = {~order.major, ~order.minor, i};  // the largest first
    }
    sort_keys();
    for (std::size_t i = 0; i < keys_.size(); ++i) order_[i] = keys_[i].item;
    work_ += 8 * items_.size();
  }

  // Puts all items, in order, at the lowest place where they fit; gives up above `limit`.
  bool place(std::uint64_t limit) {
    for (Window& window : windows_) window.size = 0;
    work_ += windows_.size() / 4;
    tried_height_ = 0;
    for (const std::uint32_t index : order_) {
      const Item item = items_[index];
      const Level& level = levels_[item.level];
      const Window& window = windows_[level.windows + item.first / level.step];
      const Placed* const places = places_.data() + window.places;
      std::uint64_t begin = 0;
      std::uint32_t i = 0;
      for (; i < window.size && places[i].begin < begin + item.bytes; ++i) {
        // Without a branch, which would be as good as random.
        const bool meets = (places[i].first <= item.last) & (item.first <= places[i].last);
        const std::uint64_t end = meets ? places[i].end : 0;
        begin = end > begin ? end : begin;
      }
      work_ += i + 8;
      const std::uint64_t end = begin + item.bytes;
      if (end > limit) return false;
      if (end > tried_height_) tried_height_ = end;
      offsets_[index] = begin;
      list({begin, end, item.first, item.last}, item);
    }
    return true;
  }

  void list(const Placed& placed, const Item& item) {
    for (const Level& level : levels_) {
      if (!level.used) continue;
      for (std::uint32_t w = first_window(level, item); w <= item.last / level.step; ++w) {
        Window& window = windows_[level.windows + w];
        Placed* const places = places_.data() + window.places;
        std::uint32_t low = 0, high = window.size;
        while (low < high) {
          const std::uint32_t middle = low + (high - low) / 2;
          if (places[middle].begin < placed.begin)
            low = middle + 1;
          else
            high = middle;
        }
        std::memmove(places + low + 1, places + low, (window.size - low) * sizeof(Placed));
        work_ += 4 + (window.size - low) / 8;
        places[low] = placed;
        ++window.size;
      }
    }
  }

  void accept() {
    height_ = tried_height_;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      best_order_[i] = order_[i];
      best_offsets_[i] = offsets_[i];
    }
  }

  // splitmix64 (Steele, Lea and Flood 2014), always from the same seed.
  std::uint64_t random(std::uint64_t below) {
    std::uint64_t z = random_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (z ^ z >> 31) % below;
  }
  // One of the items that `is` is true for, or `none`.
  template <class Is>
  std::uint32_t pick(Is&& is) {
    std::uint32_t found = none, seen = 0;
    for (std::uint32_t i = 0; i < items_.size(); ++i)
      if (is(i) && random(++seen) == 0) found = i;
    work_ += items_.size() / 4;
    return found;
  }
  std::uint64_t best_end(std::uint32_t i) const { return best_offsets_[i] + items_[i].bytes; }

  // Changes the best order a little, and keeps what is not higher: steps on the level lead out of dead ends.
  void search() {
    for (std::uint32_t tries = 0; !finished() && tries < (missed() ? most_tries : usual_tries); ++tries) {
      std::uint32_t moved = pick([&](std::uint32_t i) { return best_end(i) == height_; });
      while (random(3) != 0) {
        const std::uint32_t below = pick([&](std::uint32_t i) {
          return best_end(i) == best_offsets_[moved] && overlap(items_[i], items_[moved]);
        });
        if (below == none) break;
        moved = below;
      }
      const std::uint32_t other =
          pick([&](std::uint32_t i) { return i != moved && overlap(items_[i], items_[moved]); });
      if (other == none) continue;
      change(moved, other);
      const std::uint64_t before = height_;
      if (!place(height_)) continue;
      accept();
      if (height_ < before) tries = 0;
    }
  }

  // The best order with `moved` at the place of `other`: the two change places, or what is between moves up.
  void change(std::uint32_t moved, std::uint32_t other) {
    std::size_t from = 0, to = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      order_[i] = best_order_[i];
      if (order_[i] == moved) from = i;
      if (order_[i] == other) to = i;
    }
    if (random(2) == 0) {
      order_[from] = other;
    } else {
      for (; from > to; --from) order_[from] = order_[from - 1];
      for (; from < to; ++from) order_[from] = order_[from + 1];
    }
    order_[to] = moved;
  }

  Buffer<Item> items_;
  Buffer<std::uint64_t> alive_;  // bytes at each time
  std::uint64_t lower_bound_ = 0;
  Buffer<Level> levels_;
  Buffer<Window> windows_;
  Buffer<Placed> places_;
  Buffer<Key> keys_;
  Buffer<std::uint32_t> order_, best_order_;
  Buffer<std::uint64_t> offsets_, best_offsets_;
  std::uint64_t tried_height_ = 0, height_ = no_limit;
  std::uint64_t work_ = 0, random_ = 0;
};

}  // namespace detail

AIRSTRIP_INLINE Result<MemoryPlan> plan_memory(Span<const Lifetime> lifetimes, std::uint64_t alignment,
                                               SourceLocation where) {
  const auto refuse = [&](ErrorCode code, String message) {
    Diagnostic error;
    error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
    error.message = static_cast<String&&>(message);
    error.where = where;
    return error;
  };
  String message;
  if (alignment == 0 || (alignment & (alignment - 1)) != 0)
    return refuse(ErrorCode::InvalidOperand, static_cast<String&&>(message << "the alignment is " << alignment
                                                                           << ", which is no power of two"));
  if (lifetimes.size() > detail::MemoryPlanner::most_lifetimes)
    return refuse(ErrorCode::LimitExceeded, "there are more than 2^24 lifetimes");
  detail::MemoryPlanner planner;
  constexpr std::uint64_t most = ~std::uint64_t{0} >> 1;
  std::uint64_t sum = 0;
  bool enough = true;
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    Lifetime lifetime = lifetimes[i];
    if (lifetime.last < lifetime.first) {
      (message << "lifetime ").append_number(i)
          << " ends with dispatch " << lifetime.last << ", before it begins with " << lifetime.first;
      return refuse(ErrorCode::InvalidOperand, static_cast<String&&>(message));
    }
    if (lifetime.bytes == 0) continue;
    const std::uint64_t missing = (0 - lifetime.bytes) & (alignment - 1);
    // Enough for a plan in which nothing shares a byte, so no other sum of sizes has to be checked.
    if (lifetime.bytes > most || lifetime.bytes + missing > most - sum) {
      message << "the sizes of the lifetimes add up to 2^63 bytes or more, first at lifetime ";
      message.append_number(i);
      return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
    }
    lifetime.bytes += missing;
    sum += lifetime.bytes;
    enough = enough && planner.add(lifetime);
  }
  MemoryPlan plan;
  if (!enough || !planner.plan() || !plan.offsets.resize(lifetimes.size()))
    return refuse(ErrorCode::OutOfMemory, "out of memory for a plan of memory");
  std::size_t placed = 0;
  for (std::size_t i = 0; i < lifetimes.size(); ++i)
    plan.offsets[i] = lifetimes[i].bytes == 0 ? 0 : planner.offsets()[placed++];
  plan.bytes = planner.height();
  plan.lower_bound = planner.lower_bound();
  return plan;
}

AIRSTRIP_GRAPH_NAMESPACE_END
