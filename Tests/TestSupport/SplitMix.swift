/// Numbers from a seed (SplitMix64, Steele, Lea and Flood 2014), so that a failure can be repeated.
public struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  /// Starts with a seed; the same seed gives the same numbers.
  public init(state: UInt64) { self.state = state }

  /// The next number; all 64 bits are random.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 to below a bound; 0 where the bound is below 1.
  public mutating func next(below bound: Int) -> Int {
    Int.random(in: 0..<max(1, bound), using: &self)
  }
}
