import Glibc
@testable import Reporting
import TestSupport
import Testing

/// Chromium, which shows the pages of these tests; nil where it is not installed.
private let chromium: String? = {
  let paths: [String] = [
    "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
  ]
  return paths.first { path in unsafe access(path, X_OK) == 0 }
}()

@Suite(.enabled(if: chromium != nil, "Chromium is not installed: pages are not looked at"))
struct `Page in a browser` {
  /// What a page is like in a window of its own.
  private struct Look {
    var overflow: Int
    var overflowOpened: Int
    var width: Int
    var isDark: Bool
    var requests: [String]
  }

  private func run(_ folder: TemporaryFolder, _ arguments: [String]) throws -> String {
    let outcome = try Program.run(
      try #require(chromium),
      [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--no-first-run", "--allow-file-access-from-files",
        "--user-data-dir=\(folder.file("profile"))",
      ] + arguments, environment: ["HOME=\(folder.path)"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  /// The windows in which each page is looked at.
  private static let windows = [(1280, false), (1280, true), (390, false), (390, true)]

  /// Shows a page in frames, since its own policy lets no script in, and asks it from outside.
  private func looks(_ page: String) throws -> [Look] {
    let folder = try TemporaryFolder()
    try folder.write(page.utf8, to: "page.html")
    let frames = Self.windows.map { width, dark in
      """
      <iframe src="page.html" width="\(width)" height="900" style="border:0;color-scheme:\(dark ? "dark" : "light")"></iframe>

      """
    }.joined()
    let outside = """
      <!DOCTYPE html><meta name="color-scheme" content="dark light">
      \(frames)<pre id="answer"></pre>
      <script>
      window.onload = () => setTimeout(() => {
        const looks = [...document.querySelectorAll('iframe')].map(frame => {
          const inside = frame.contentDocument, root = inside.documentElement
          const overflow = () => root.scrollWidth - root.clientWidth
          const before = overflow()
          inside.querySelectorAll('details').forEach(part => part.open = true)
          const view = frame.contentWindow
          const bright = view.getComputedStyle(inside.body).backgroundColor.match(/\\d+/g)[0]
          return [before, overflow(), root.clientWidth, bright].concat(
            view.performance.getEntriesByType('resource').map(entry => entry.name)).join(' ')
        })
        answer.textContent = '@' + looks.join('@') + '@'
      }, 500)
      </script>
      """
    try folder.write(outside.utf8, to: "outside.html")
    let dom = try run(
      folder, ["--virtual-time-budget=5000", "--dump-dom", "file://\(folder.file("outside.html"))"])
    // The script's own text has such marks too.
    let answers = dom.split(separator: "@").filter { $0.first?.isNumber ?? false }
    try #require(answers.count == Self.windows.count, "\(dom)")
    return try answers.map { answer in
      let words = answer.split(separator: " ").map(String.init)
      let numbers = words.prefix(4).compactMap { Int($0) }
      try #require(numbers.count == 4, "\(answer)")
      return Look(
        overflow: numbers[0], overflowOpened: numbers[1], width: numbers[2],
        isDark: numbers[3] < 128, requests: Array(words.dropFirst(4)))
    }
  }

  private static var reports: [(String, Report)] {
    get throws {
      let many = (0..<300).map {
        (
          "mx\($0).a-rather-long-name.provider.example", "customer\($0).hosting.example",
          "551 moved"
        )
      }
      return [
        ("quiet", try report([arrival("02:10:00", "A", "alice@acme.example")])),
        ("small", try report(smallLog)), ("many", try report(log(of: many))),
        (
          "hostile",
          try report(
            log(
              of: hostileNames.map {
                ($0, "from." + $0, "551 <img src=http://evil.example/x.png> " + $0)
              }), edge: String(repeating: "edge", count: 60))
        ),
      ]
    }
  }

  @Test func `fits into wide and narrow windows, light and dark, and asks for nothing`() throws {
    for (name, report) in try Self.reports {
      for (look, (width, dark)) in zip(try looks(page(report)), Self.windows) {
        #expect(look.overflow <= 0, "\(name), \(width)")
        #expect(look.overflowOpened <= 0, "\(name), \(width)")
        #expect(look.width > width - 30 && look.width <= width)
        #expect(look.isDark == dark, "\(name), \(width)")
        #expect(look.requests.isEmpty, "\(name): \(look.requests)")
      }
    }
  }

  /// The checks above do see what they look for.
  @Test func `is looked at by a test that would see it fail`() throws {
    let bad =
      "<body style=\"background:#fff\"><img src=\"http://127.0.0.1:9/x.png\"><p style=\"width:2000px\">x"
    let look = try #require(looks(bad).last)
    #expect(look.overflow > 0)
    #expect(!look.isDark)
    #expect(look.requests == ["http://127.0.0.1:9/x.png"])
  }

  @Test func `prints on paper`() throws {
    for (name, report) in try Self.reports {
      let folder = try TemporaryFolder()
      try folder.write(page(report).utf8, to: "page.html")
      _ = try run(
        folder,
        ["--print-to-pdf=\(folder.file("page.pdf"))", "file://\(folder.file("page.html"))"])
      let paper = try folder.contents(of: "page.pdf")
      #expect(paper.hasPrefix("%PDF-"), "\(name)")
      #expect(paper.contains("/MediaBox"), "\(name)")
    }
  }
}
