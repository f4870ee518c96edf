-- Findings of the security services.

-- One scale of labels: INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL.
create or replace macro severity_label(label) as
    case upper(label)
        when 'INFO' then 'INFORMATIONAL'
        when 'UNTRIAGED' then 'INFORMATIONAL'
        when 'FATAL' then 'CRITICAL'
        else upper(label)
    end;

-- Label of a GuardDuty severity (1.0 to 10.0).
create or replace macro guardduty_label(severity) as
    case
        when severity >= 9 then 'CRITICAL'
        when severity >= 7 then 'HIGH'
        when severity >= 4 then 'MEDIUM'
        when severity >= 1 then 'LOW'
        when severity is not null then 'INFORMATIONAL'
    end;
