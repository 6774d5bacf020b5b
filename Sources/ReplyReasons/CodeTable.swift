internal import MailTerms
internal import PatternFiles

/// The reasons to which codes point, and the reasons' natures.
struct CodeTable {
  private var reliable: [(shape: CodeShape, reason: Reason)] = []
  private var weak: [(shape: CodeShape, reason: Reason)] = []
  private var basic: [(shape: CodeShape, reason: Reason)] = []
  private var natures: [Nature] = Reason.allCases.map { _ in .unknown }

  init() {}

  init(_ reasons: [ReasonAdvice]) {
    func table(
      _ codes: (ReasonAdvice) -> [String], _ shape: (String) -> CodeShape?
    ) -> [(shape: CodeShape, reason: Reason)] {
      var table: [(shape: CodeShape, reason: Reason)] = []
      // A code that is named in full goes before one with an x.
      for wantsX in [false, true] {
        for advice in reasons {
          for code in codes(advice) where code.contains("x") == wantsX {
            if let shape = shape(code) { table.append((shape, advice.reason)) }
          }
        }
      }
      return table
    }
    reliable = table(\.enhanced) { CodeShape(enhanced: $0) }
    weak = table(\.weakEnhanced) { CodeShape(enhanced: $0) }
    basic = table(\.codes) { CodeShape(basic: $0) }
    for advice in reasons { natures[Int(advice.reason.rawValue)] = advice.nature ?? .unknown }
  }

  /// The enhanced code if it may vote: one of another class than the reply code says nothing.
  static func vote(of enhanced: EnhancedCode?, _ code: Int?) -> EnhancedCode? {
    guard let enhanced, let code else { return enhanced }
    return Int(enhanced.category) == code / 100 ? enhanced : nil
  }

  func reason(of code: EnhancedCode, isWeak: Bool) -> Reason? {
    (isWeak ? weak : reliable).first { $0.shape.holds(code) }?.reason
  }

  func reason(of code: Int) -> Reason? { basic.first { $0.shape.holds(code) }?.reason }

  func nature(of reason: Reason) -> Nature { natures[Int(reason.rawValue)] }
}
