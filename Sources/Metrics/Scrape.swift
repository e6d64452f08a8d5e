import Notation
import Requests

/// One answer to a scrape: the families of some groups, written one after the other by one task.
final class Scrape {
    typealias Labels = PrometheusText.Labels

    var text = PrometheusText()
    let sources: MetricsSources
    let readings: Readings
    /// `server` in MinIO's metrics: host and port.
    let server: Labels

    init(_ sources: MetricsSources, _ readings: Readings, server: String) {
        self.sources = sources
        self.readings = readings
        self.server = [("server", server)]
    }

    func counter(_ name: String, _ help: String, _ value: Int, _ labels: Labels = []) {
        text.begin(name, .counter, help)
        text.sample(labels, value)
    }

    func gauge(_ name: String, _ help: String, _ value: Int, _ labels: Labels = []) {
        text.begin(name, .gauge, help)
        text.sample(labels, value)
    }

    func gauge(_ name: String, _ help: String, _ value: Double, _ labels: Labels = []) {
        text.begin(name, .gauge, help)
        text.sample(labels, value)
    }

    func counter(_ name: String, _ help: String, _ value: Double, _ labels: Labels = []) {
        text.begin(name, .counter, help)
        text.sample(labels, value)
    }

    /// A family with a sample for each of `rows`; it is there without any, too.
    func family<Row>(
        _ name: String, _ kind: PrometheusText.Kind, _ help: String, _ rows: [Row],
        _ sample: (Row) -> (labels: Labels, value: Int)
    ) {
        text.begin(name, kind, help)
        for row in rows {
            let (labels, value) = sample(row)
            text.sample(labels, value)
        }
    }

    /// Cumulative counts of each row without sum and count, as MinIO tells times to the first byte.
    func distribution<Row>(
        _ name: String, _ kind: PrometheusText.Kind, _ help: String, _ rows: [Row],
        _ sample: (Row) -> (labels: Labels, ranges: [Int])
    ) {
        text.begin(name, kind, help)
        let bounds = ["0.050", "0.100", "0.250", "0.500", "1.000", "2.500", "5.000", "10.000", "+Inf"]
        for row in rows {
            let (labels, ranges) = sample(row)
            var count = 0
            for (bound, met) in zip(bounds, ranges) {
                count += met
                text.sample(labels + [("le", bound)], count)
            }
        }
    }

    /// Histograms of times, in seconds.
    func times<Row>(
        _ name: String, _ help: String, _ rows: [Row],
        _ sample: (Row) -> (labels: Labels, bounds: [Int], ranges: [Int], sum: Int)
    ) {
        text.begin(name, .histogram, help)
        for row in rows {
            let (labels, bounds, ranges, sum) = sample(row)
            text.histogram(labels, bounds: bounds, ranges: ranges, sum: sum, unit: 1e9)
        }
    }

    /// The operations of a service that were asked for, or are under way, with their figures.
    func operations(
        _ service: CompletedRequest.Service
    ) -> [(row: Int, name: String, figures: OperationFigures)] {
        sources.requests.operations.enumerated().compactMap { row, operation in
            guard operation.service == service else { return nil }
            let figures = sources.requests.figures(row)
            guard figures.total > 0 || figures.inFlight > 0 else { return nil }
            return (row, operation.name, figures)
        }
    }
}
