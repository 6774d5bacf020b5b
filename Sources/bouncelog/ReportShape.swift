internal import Reporting

/// What a report holds beyond its selection, and when it is written at all.
struct ReportShape {
  /// The period to compare with, in microseconds since 1970; nil for none.
  var compared: Range<Int64>?
  /// Rows with fewer recipients tried are left out.
  var minimumTried = 0
  /// The report is written only where this holds; nil for always.
  var condition: ReportCondition?
  /// Who gets the report as a mail.
  var envelope = MailEnvelope()
}
